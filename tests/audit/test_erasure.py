"""Erasing personal data: the personal columns are emptied, the rest still matches its hash, and a row records the
erasure.
"""

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.models import (
    Arrival,
    Decision,
    DraftText,
    Escalation,
    EscalationEntry,
    NoteFigure,
    NoteProse,
    NotePublication,
    NoteVersion,
    ProofPart,
    StandardAnswer,
)
from followups.models.answers import DecisionAnswers
from followups.proof_files import validate_proof
from followups.services import arrivals
from letters import incidents
from letters.importing.commit import undo_import
from letters.models import (
    AdministrationPlan,
    ApiToken,
    CategoryRule,
    DeadlineChange,
    Incident,
    IncidentContact,
    InformationDecision,
    Letter,
    LetterChange,
    ReceiptStatus,
    StatusChange,
)
from notifications.models import NoticeText, ReminderScheduleChange, UnanswerableCheck
from sepo_incident.accounts.models import AccessChange, AddressApproval, EmailChange, GroupRole
from sepo_incident.audit import verification
from sepo_incident.audit.erasure import erase_personal_data
from sepo_incident.audit.models import PERSONAL_COLUMNS, Erasure, RowChange
from sepo_incident.audit.triggers import CHANGE_LOG_TRIGGERS, ERASED_TEXT, personal_paths_of
from sepo_incident.audit.verification import BrokenChain, ledger_models, verify_chain
from tests.audit.chain_tampering import (
    SENT_AGAIN,
    become_runtime_role,
    execute_past_triggers,
    execute_sql,
    run_deferred_triggers,
)

pytestmark = pytest.mark.django_db

WHY = "Opbevaringsfristen er gået"
#: free text of append-only tables that concerns no person: the words of mails and drafts, and the steps of reminders
NOT_PERSONAL = {
    (AccessChange, "group"),
    (StatusChange, "still_open"),
    (InformationDecision, "category"),
    (NoticeText, "subject"),
    (NoticeText, "body"),
    (DraftText, "category"),
    (DraftText, "body"),
    # a note is a document of the case, and its text fields refuse CPR numbers; the drafts of it can be erased
    (NoteVersion, "content"),
    (NotePublication, "accepted"),
    (NoteFigure, "key"),
    (NoteFigure, "label"),
    (NoteFigure, "sentence"),
    (NoteProse, "section"),
    (ReminderScheduleChange, "steps"),
    (RowChange, "table_name"),
    (RowChange, "login"),
    (Erasure, "ledger"),
    (Erasure, "reason"),
}
#: the SHA-256 and the type of a file
FILE_FINGERPRINTS = {"file_type", "file_sha256", "original_sha256", "fingerprint"}
ALL_ANSWERS = DecisionAnswers(
    remedy="NEW_LETTER",
    is_sent=True,
    deadline_missed=True,
    missed_on=date(2020, 1, 2),
    new_deadline=date(2020, 3, 1),
    consequence_review="FOUND",
    parties=("RECIPIENT",),
    severity="SOME",
    consequence_text="Ada Bech fik ikke sin hjælp",
    amount=Decimal("1200"),
    is_handled=True,
    handled_text="Ada Bech fik et opkald",
    no_dispatch_reason="",
    is_journalised=True,
    record_number="2020-0012345",
    note="Ada Bech bor hos sin søn",
)


def all_rows_as_text() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT to_jsonb(one)::text FROM {table} AS one" for table in ledger_models())  # noqa: S608
        )
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.fixture
def decision_about_ada(cast) -> Decision:
    services.decide(cast.plain, ALL_ANSWERS, cast.karen, version=0)
    run_deferred_triggers()
    return Decision.objects.get()


def test_erasure_removes_text_and_keeps_the_decision(decision_about_ada, cast):
    head = verify_chain().head
    assert "Ada Bech" in all_rows_as_text()
    assert erase_personal_data(Decision.objects.all(), WHY, cast.mette.pk) == 1
    run_deferred_triggers()
    text = all_rows_as_text()
    assert "Ada" not in text
    assert "2020-0012345" not in text
    kept = Decision.objects.get()
    assert (kept.salt, kept.by, kept.version, kept.at) == (None, cast.karen, 1, decision_about_ada.at)
    assert (kept.answers["remedy"], kept.answers["amount"], kept.answers["note"]) == ("NEW_LETTER", "1200", ERASED_TEXT)
    assert DecisionAnswers.from_json(kept.answers).note == ERASED_TEXT
    line = Erasure.objects.get()
    assert (line.ledger, line.row_id, line.reason, line.by_id) == ("followups_decision", kept.pk, WHY, cast.mette.pk)
    found = verify_chain(head)
    assert (found.links, found.rows) == (2, 2)
    assert erase_personal_data(Decision.objects.all(), WHY) == 0


def test_letter_page_shows_erased_text(decision_about_ada, cast, as_user):
    page = reverse("letter", args=[cast.plain.pk])
    assert ERASED_TEXT not in as_user(cast.karen).get(page).text
    services.send_back(cast.plain, cast.jens, version=1, question="Hvad med Ada Bech?")
    assert "Hvad med Ada Bech?" in as_user(cast.karen).get(page).text
    erase_personal_data(Decision.objects.all(), WHY)
    text = as_user(cast.karen).get(page).text
    assert f"sendte brevet tilbage: »{ERASED_TEXT}«" in text
    assert "Hvad med Ada Bech?" not in text


def test_free_text_columns_are_personal_or_listed():
    """A new text column is either personal or listed in NOT_PERSONAL."""
    free = (models.TextField, models.CharField, models.JSONField)
    for model in ledger_models().values():
        personal = {path.partition(".")[0] for path in personal_paths_of(model)}
        for field in model._meta.fields:
            if isinstance(field, free) and not field.choices and (model, field.name) not in NOT_PERSONAL:
                assert field.name in personal | FILE_FINGERPRINTS, f"{model.__name__}.{field.name}"
    assert personal_paths_of(UnanswerableCheck) == ()


def test_every_answer_that_is_text_is_personal():
    text = {name for name, kind in DecisionAnswers.__annotations__.items() if kind == "str"} - {
        "remedy",
        "consequence_review",
        "severity",
        "deletion",
        "paper_reason",
    }
    assert {f"answers.{name}" for name in text} <= set(personal_paths_of(Decision))


def test_erasure_covers_every_append_only_table(cast):
    services.decide(cast.untitled, DecisionAnswers(remedy="HELP", question="Hvem er Ada Bech?"), cast.karen, version=0)
    incidents.move_deadline(cast.incident, date(2020, 2, 1), "Ada Bech er syg", cast.mette)
    EmailChange.objects.create(user=cast.anne, old="ada@kk.example", new="ada.bech@kk.example", by=cast.mette)
    AddressApproval.objects.create(user=cast.anne, address="ada.bech@hjem.test", reason="Ada er vikar", by=cast.mette)
    was, became = {"subject": "Ada Bech", "unit_id": 1}, {"subject": "", "unit_id": 2}
    LetterChange.objects.create(letter=cast.plain, kind="CHANGED", before=was, after=became)
    RowChange.objects.create(table_name="x", row_id=1, after={"signed_by": "Ada Bech"}, login="x", at=timezone.now())
    run_deferred_triggers()
    for model in (AddressApproval, Decision, EscalationEntry, DeadlineChange, EmailChange, LetterChange, RowChange):
        assert erase_personal_data(model.objects.all(), WHY) > 0
    run_deferred_triggers()
    assert "Ada" not in all_rows_as_text().replace("ada", "Ada")
    changed = LetterChange.objects.get()
    assert (changed.before, changed.after) == ({"subject": ERASED_TEXT, "unit_id": 1}, {"subject": "", "unit_id": 2})
    assert Escalation.objects.get().entries.get().text == ERASED_TEXT
    verify_chain()


def test_free_text_columns_in_the_change_log_are_personal_or_listed():
    """A new text column of a table in the change log is either personal or listed here."""
    without_ledger = [one for one in apps.get_models() if {t.name for t in CHANGE_LOG_TRIGGERS} <= _trigger_names(one)]
    assert {CategoryRule, Incident, StandardAnswer} <= set(without_ledger)
    free = {
        (model, field.name)
        for model in without_ledger
        for field in model._meta.fields
        if isinstance(field, (models.TextField, models.CharField)) and not field.choices
    }
    about_nobody = {(Incident, name) for name in ("slug", "system", "guide_url", "draft_url")}
    about_nobody |= {(Incident, name) for name in ("fault_short", "fault_one", "fault_many")}  # shown on the front page
    about_nobody |= {(Incident, name) for name in ("fix_evidence", "until_fixed", "genuine_check")}  # in mails
    about_nobody |= {(AdministrationPlan, "mail_text")}
    about_nobody |= {(model, "case_number") for model in (Incident, IncidentContact, AdministrationPlan)}
    about_nobody |= {(model, name) for model in (Incident, AdministrationPlan) for name in ("office", "ean")}
    about_nobody |= {(Incident, "sent_in_all_source")}
    about_nobody |= {(Incident, "document_number"), (AdministrationPlan, "document_number")}
    about_nobody |= {(AdministrationPlan, "committee"), (GroupRole, "group")}
    about_nobody |= {(ApiToken, "system"), (ApiToken, "digest")}
    about_nobody |= {(ReceiptStatus, "name")}
    assert {one for one in free if one[1] not in PERSONAL_COLUMNS} == about_nobody | {(CategoryRule, "name")}


def _trigger_names(model: type[models.Model]) -> set[str]:
    return {one.name for one in getattr(model._meta, "triggers", [])}


def test_letter_page_works_after_erasing_its_changes(cast, as_user):
    keys = {"before": {"recipient_key": "ab" * 32}, "after": {"recipient_key": "cd" * 32}}
    LetterChange.objects.create(letter=cast.plain, kind="CHANGED", batch=cast.plain.batch, **keys)
    page = reverse("letter", args=[cast.plain.pk])
    assert "rettede modtageren fra kode " in as_user(cast.karen).get(page).text
    assert erase_personal_data(LetterChange.objects.all(), WHY) == 1
    got = as_user(cast.karen).get(page)
    assert (got.status_code, "rettede modtageren efter en ny liste." in got.text) == (200, True)


def test_undo_does_not_restore_erased_text(cast):
    batch = cast.plain.batch
    Letter.objects.filter(pk=cast.plain.pk).update(subject="", recipient_key="", category="Møder")
    was = {"subject": "Ada Bech", "recipient_key": "ab" * 32, "category": "Høringer"}
    became = {"subject": "", "recipient_key": "", "category": "Møder"}
    LetterChange.objects.create(letter=cast.plain, kind="CHANGED", batch=batch, before=was, after=became)
    assert erase_personal_data(LetterChange.objects.all(), WHY) == 1
    undo_import.undo_batch(batch, cast.mette)
    letter = Letter.objects.get(pk=cast.plain.pk)
    assert (letter.subject, letter.recipient_key, letter.category) == ("", "", "Høringer")


# --- files that are proof -----------------------------------------------------------------------------------------


def record_arrival_with_proof(letter: Letter) -> Arrival:
    services.decide(letter, SENT_AGAIN, letter.sender, version=0)
    report = arrivals.ArrivalReport(
        date(2020, 1, 10), "POST", True, date(2020, 1, 10), "", validate_proof("log.txt", b"Afleveret til Ada Bech")
    )
    return arrivals.record_arrival(letter, report, letter.sender, seen_newest_id=0)


@pytest.mark.usefixtures("monday")
def test_proof_file_is_deleted_with_its_last_arrival(cast, as_user):
    """Two letters have the same proof file. After the erasure the same file can be uploaded again."""
    one, other = record_arrival_with_proof(cast.plain), record_arrival_with_proof(cast.annes)
    address = reverse("arrival_file", args=[cast.plain.pk, one.pk])
    karen = as_user(cast.karen)
    assert karen.get(address).status_code == 200
    assert erase_personal_data(Arrival.objects.filter(pk=one.pk), WHY) == 1
    assert karen.get(address).status_code == 404
    for name in ("arrival", "letter", "letter_pack"):
        shown = karen.get(reverse(name, args=[cast.plain.pk])).text
        assert (address in shown, "log.txt" in shown, one.file_sha256 in shown) == (False, False, False), name
    packed = zipfile.ZipFile(io.BytesIO(karen.get(reverse("letter_zip", args=[cast.plain.pk])).getvalue()))
    assert not [name for name in packed.namelist() if "bevis/" in name]
    assert ProofPart.objects.count() == 1, "the other letter's"
    assert erase_personal_data(Arrival.objects.filter(pk=other.pk), WHY) == 1
    assert not ProofPart.objects.exists()
    run_deferred_triggers()
    verification.verify_history()
    file = validate_proof("log.txt", b"Afleveret til Ada Bech")
    again = arrivals.ArrivalReport(date(2020, 1, 10), "POST", True, date(2020, 1, 10), "", file)
    arrivals.record_arrival(cast.plain, again, cast.karen, seen_newest_id=one.pk)
    assert ProofPart.objects.count() == 1


@pytest.mark.usefixtures("monday")
def test_referenced_proof_file_cannot_be_deleted(cast):
    record_arrival_with_proof(cast.plain)
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        execute_sql("DELETE FROM followups_proofpart")
    execute_sql("INSERT INTO followups_proofpart (sha256, number, content) VALUES ('x', 0, 'y')")
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        execute_sql("DELETE FROM followups_proofpart WHERE sha256 = 'x'")


TAMPERING = {
    "what stands is altered": ("UPDATE followups_decision SET kind = 'DONE' WHERE id = {0}", "er ændret"),
    "the line is taken away": (
        "DELETE FROM audit_erasure; DELETE FROM audit_link WHERE number = 2; DELETE FROM audit_statement "
        "WHERE ledger = 'audit_erasure'",
        "er tømt i stilhed",
    ),
}


@pytest.mark.parametrize("case", TAMPERING)
def test_tampering_with_an_erased_row_is_named(decision_about_ada, case):
    erase_personal_data(Decision.objects.all(), WHY)
    run_deferred_triggers()
    statements, message = TAMPERING[case]
    execute_past_triggers([decision_about_ada], statements)
    with pytest.raises(BrokenChain, match=f"Række {decision_about_ada.pk} .* {message}"):
        verify_chain()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE followups_decision SET salt = NULL",
        "SELECT audit_empty('followups_decision', '{answers.note}', ARRAY(SELECT id FROM followups_decision))",
        "INSERT INTO audit_erasure (ledger, row_id, personal, reason, at) "
        "SELECT 'followups_decision', id, '{answers.note}', 'x', now() FROM followups_decision",
        "INSERT INTO audit_erasure (ledger, row_id, personal, reason, at) "
        "VALUES ('accounts_user', 1, '{name}', 'x', now())",
        "INSERT INTO followups_decision (followup_id, kind, version, answers, before, by_id, at, salt) "
        "SELECT followup_id, kind, 99, answers, before, by_id, at, NULL FROM followups_decision",
    ],
)
def test_personal_data_cannot_be_emptied_otherwise(decision_about_ada, statement):
    with pytest.raises(DatabaseError), transaction.atomic():
        execute_sql(statement)
    assert Decision.objects.get().answers["note"] == ALL_ANSWERS.note


def test_erased_row_is_immutable(decision_about_ada):
    erase_personal_data(Decision.objects.all(), WHY)
    for change in ({"kind": "DONE"}, {"answers": {}}, {"salt": decision_about_ada.salt}):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            Decision.objects.update(**change)


def test_role_with_insert_erases_by_inserting_an_erasure(decision_about_ada):
    become_runtime_role()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        execute_sql("UPDATE followups_decision SET salt = NULL")
    assert erase_personal_data(Decision.objects.all(), WHY) == 1
    run_deferred_triggers()
    assert verify_chain().rows == 2
