"""The access rule of every URL. A URL without a rule fails the suite.

A person is named as in the cast. The objects in the URLs are those of the fixture `stage` (`conftest.py`):
Karen's letter about Svalevejens Skole, the notice she got, and her question to DIT.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from types import SimpleNamespace

from django.utils import timezone

from followups import services
from followups.models import BulkDecision, SavedView, StandardAnswer
from followups.models.answers import DecisionAnswers
from followups.proof_files import Proof
from followups.reporting.certificate import issue_certificate
from followups.services import arrivals
from followups.services.arrivals import ArrivalReport
from letters.assigning import assignments
from letters.models import (
    ApiToken,
    ApiTokenUse,
    BreachReport,
    Channel,
    ImportRow,
    Letter,
    LetterDispatch,
    Measure,
    SilenceAlarm,
    TrackingFile,
)
from letters.tracking import tracking_files
from letters.tracking.missing_reports import report_missing
from notifications.alarms import lifecycle
from notifications.alarms.monitors import Finding
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.models import Alarm, Delivery, IncomingMail, Kind, Notice
from notifications.status_note import versions as note_versions
from sepo_incident.accounts.models import (
    Absence,
    GroupRole,
    Membership,
    RefusedIdentity,
    StaffImport,
    User,
)
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.decision_answers import RESENT

EVERYBODY = frozenset(
    ["karen", "jens", "anne", "torben", "birgitte", "mette", "pia", "hanne", "sofie", "ulla", "olga", "dina"]
)
NOBODY: frozenset[str] = frozenset()
KIT = frozenset({"mette"})
HR = frozenset({"hanne"})
AT_A_DESK = frozenset({"pia", "hanne", "mette"})
OTHER_DESKS = {"hanne": 404, "mette": 404}
#: objects of DIT, not of Personalejura; Koncern IT may have access too
HR_NOT = {"hanne": 404}
#: people who hold a role read the incident's page
SEE_ALL_UNITS = frozenset({"mette", "pia"})
READ_STORY = frozenset({"mette", "pia", "hanne", "sofie", "birgitte", "jens", "torben", "ulla", "dina"})
#: people who find somebody to answer for letters
FINDERS = frozenset({"mette", "birgitte"})
#: people who answer requests for access
ANSWER_REQUESTS = FINDERS | HR

#: people who read the status note of the administration
NOTE_READERS = frozenset({"mette", "birgitte", "sofie", "dina"})

#: people who see Karen's letter, and people who may decide about the letter or confirm the letter
SEE_KARENS = frozenset(["karen", "jens", "birgitte", "mette", "pia"])
#: the same for her personnel case: Personalejura sees and reads the case as sender and leader do
SEE_PERSONNEL = SEE_KARENS | {"hanne"}
READ_PERSONNEL = frozenset(["karen", "jens", "hanne"])
PERSONNEL_SUBJECT = "sygefraværssamtale"
#: letter → people who see the letter
SEES = {
    "passed": SEE_KARENS,
    "personnel": SEE_PERSONNEL,
    "annes": frozenset(["anne", "torben", "birgitte", "mette", "pia"]),
    "ullas": frozenset(["ulla", "mette", "pia"]),
}
DECIDE_KARENS = frozenset(["karen", "jens", "birgitte"])
CONFIRM_KARENS = frozenset(["jens", "birgitte"])
CLASSIFY_KARENS = DECIDE_KARENS | {"mette"}
#: people who list letters of Svalevejens Skole, and people who count them: Sofie and Dina count, and see no letter
SEE_SVALEVEJ = SEE_PERSONNEL - {"karen"}
COUNT_SVALEVEJ = SEE_SVALEVEJ | {"sofie", "dina"}


def nothing(stage: SimpleNamespace) -> list[int]:
    return []


@dataclass(frozen=True)
class Access:
    """`sees` may GET and `does` may POST. Everybody else gets `refusal`; a person who may only see gets 403 on
    POST.
    """

    sees: frozenset[str] = NOBODY
    does: frozenset[str] = NOBODY
    args: Callable[[SimpleNamespace], list[int]] = nothing
    refusal: int = 404
    #: people who hold the role, but not for this object
    exceptions: dict[str, int] = field(default_factory=dict)
    is_open: bool = False  # also for anonymous users
    also: frozenset[int] = frozenset()  # other status codes for an empty form
    wrong_get: int = 302  # a GET leads to the page of the button

    def gets_through(self, person: str, method: str) -> bool:
        return person in (self.sees if method == "GET" else self.does)

    def refusals(self, person: str, method: str) -> set[int]:
        """Return the status codes with which the person is refused."""
        allowed = self.sees if method == "GET" else self.does
        method_not_allowed = self.wrong_get if method == "GET" else 405
        wrong_method = set() if allowed else {method_not_allowed}
        if person in self.exceptions:
            return {self.exceptions[person]} | wrong_method
        if person in self.sees | self.does:
            return {403} if allowed else wrong_method
        return {self.refusal} | wrong_method


def proven_to_have_arrived(stage):
    return said_to_have_arrived(stage, file=Proof("log.txt", "text/plain", b"Afleveret"))


def letter(stage):
    return [stage.passed.pk]


def personnel_case(stage):
    return [stage.personnel.pk]


def without_leader(stage):
    lonely = LetterFactory(incident=stage.incident, sender=stage.karen)
    FollowUpFactory(letter=lonely)
    return ["leder", lonely.pk]


def assigned_by_birgitte(stage):
    _, pk = without_leader(stage)
    letters, given = Letter.objects.filter(pk=pk), {"by": stage.birgitte, "expected": 1}
    return [assignments.assign_letters(stage.incident, letters, "leder", stage.jens, **given).pk]


def said_to_have_arrived(stage, **how):
    """Another letter of Karen's, resent, with her report that the letter arrived."""
    services.decide(stage.plain, RESENT, stage.karen, version=0)
    day = timezone.localdate()
    said = ArrivalReport(
        sent_on=day, way="POST", has_arrived=True, arrived_on=day, **(how or {"text": "Talt med modtageren"})
    )
    return [stage.plain.pk, arrivals.record_arrival(stage.plain, said, stage.karen, 0).pk]


def decided_by_karen(stage):
    asked = {
        stage.plain: services.RequestedDecision(
            0, DecisionAnswers(remedy="RESEND", deadline_missed=False, consequence_review="NONE")
        )
    }
    return [services.start_bulk_decision(asked, stage.karen, BulkDecision.Way.PAGE).pk]


def note_draft(stage):
    return [note_versions.take_version(stage.incident, stage.buf, stage.mette).pk]


def published_note(stage):
    version = note_versions.take_version(stage.incident, stage.buf, stage.mette)
    note_versions.publish_version(version, stage.birgitte)
    return [version.pk]


def svalevej(stage):
    return [stage.svalevej.pk]


def issued_certificate(stage):
    return [issue_certificate(stage.incident, stage.mette).pk]


def view_of_birgitte(stage):
    named = {"unit": stage.svalevej, "owner": stage.birgitte, "name": "Åbne", "query": "status=OPEN"}
    return [SavedView.objects.get_or_create(**named)[0].pk]


def escalation(stage):
    return [stage.escalation.pk]


def closed_to_karen(stage):
    """Karen's personnel case is closed to her, because a person typed her address."""
    User.objects.filter(pk=stage.karen.pk).update(address_since=None)
    return [stage.karen.pk]


def standard_answer(stage):
    return [
        StandardAnswer.objects.get_or_create(desk="DIT", title="Find et brev", defaults={"text": "Se efter."})[0].pk
    ]


def batch(stage):
    return [stage.passed.batch_id]


def staff_file(stage):
    return [StaffImport.objects.get_or_create(filename="personale.xlsx", status="CHECKED")[0].pk]


def category_rule(stage):
    return [stage.incident.category_rules.first().pk]


def dispatch(stage):
    return [stage.dispatch.pk]


def alarm(stage):
    lifecycle.raise_or_end(Alarm.Kind.QUEUE, Finding(3), timezone.now())
    return [Alarm.objects.get().pk]


def owed_a_notice(stage):
    FollowUpFactory(letter=LetterFactory(incident=stage.incident, sender=stage.jens, leader=stage.birgitte))
    return [stage.jens.pk]


def notice(stage):
    return [stage.notice.pk]


def text_of_the_notice(stage):
    return ["foerste-besked"]


def refused_mail(stage):
    refused = Delivery.objects.filter(notice=stage.notice, role=Delivery.Role.CC)
    refused.update(state=Delivery.State.REFUSED, next_attempt_at=None, stage="rcpt", code=550, reply="5.1.1 Ukendt")
    return [refused.get().pk]


def notice_about_personnel_cases_only(stage):
    """Ulla's second notice: the mail masks each letter and is still not for everybody."""
    FollowUpFactory(letter=LetterFactory(incident=stage.incident, sender=stage.ulla, is_personnel_case=True))
    second = dispatch_lifecycle.request_dispatch(Kind.FIRST_NOTICE, stage.incident, 1, by=stage.mette)
    while outbox_writer.write_batch(second.pk):
        pass
    return [Notice.objects.get(dispatch=second).pk]


def incoming_mail(stage):
    came = {
        "raw": b"From: olga@kk.example\r\nSubject: Hej\r\n\r\nHej",
        "sha256": "0" * 64,
        "envelope_from": "olga@kk.example",
    }
    filed = {"match_status": "UNMATCHED", "kind": "human", "filed_at": timezone.now(), "received_at": timezone.now()}
    return [IncomingMail.objects.get_or_create(sha256=came["sha256"], defaults=came | filed)[0].pk]


def jens_absence(stage):
    """Jens reported the absence himself. Jens has sent no letter, so nobody leads a letter of his."""
    said = {"person": stage.jens, "substitute": stage.anne, "registered_by": stage.jens}
    return [Absence.objects.get_or_create(**said, defaults={"first_day": stage.incident.deadline})[0].pk]


def letters_given_by_jens(stage):
    _, pk = without_leader(stage)
    Letter.objects.filter(pk=pk).update(leader=stage.jens)
    letters, given = Letter.objects.filter(pk=pk), {"by": stage.jens, "expected": 1}
    return [assignments.assign_letters(stage.incident, letters, "afsender", stage.anne, **given).pk]


def jens(stage):
    return [stage.jens.pk]


def role_of_jens(stage):
    return [stage.jens.pk, Membership.objects.get(user=stage.jens).pk]


def refused_identity(stage):
    identity = {"person": stage.jens, "issuer": "https://login.example", "subject": "jens2"}
    return [stage.jens.pk, RefusedIdentity.objects.get_or_create({"at": timezone.now()}, **identity)[0].pk]


def group_role(stage):
    return [GroupRole.objects.get_or_create(group="SEPO-laesere", unit=stage.buf, role="READER")[0].pk]


def measure(stage):
    fields = {"title": "Slå alarm", "contact_name": "Søren Falk", "due_on": stage.incident.deadline}
    return ["tiltag", Measure.objects.get_or_create(incident=stage.incident, **fields)[0].pk]


def breach_report(stage):
    fields = {"aware_at": stage.incident.created_at, "text": "Breve kom ikke frem.", "by": stage.mette}
    return [BreachReport.objects.get_or_create(incident=stage.incident, **fields)[0].pk]


def row_of_batch(stage):
    [pk] = batch(stage)
    return [pk, ImportRow.objects.filter(batch=pk).first().pk]


def api_token(stage):
    fields = {"digest": "0" * 64, "scopes": ["kvitteringer"], "expires_at": timezone.now(), "created_by": stage.mette}
    token, is_new = ApiToken.objects.get_or_create(fields, system="SEPO")
    if is_new:
        ApiTokenUse.objects.create(token=token)
    return [token.pk]


def tracked_channel(stage):
    channel, _ = Channel.objects.get_or_create(name="SEPO")
    return [channel.pk]


def silence_alarm(stage):
    [channel] = tracked_channel(stage)
    return [SilenceAlarm.objects.get_or_create({"raised_at": timezone.now()}, channel_id=channel, closed_at=None)[0].pk]


def dispatched_letter(stage):
    [channel] = tracked_channel(stage)
    fields = {"sent_at": timezone.now(), "sent_known_at": timezone.now()}
    return [LetterDispatch.objects.get_or_create(fields, channel_id=channel, source_id="A1")[0].pk]


def tracking_file(stage):
    content = BytesIO(b"Sendt;Emne;Afsender\n09-12-2019 08:00;Brev;Karen")
    waiting = TrackingFile.objects.filter(status=TrackingFile.Status.WAITING).first()
    return [(waiting or tracking_files.receive_file(content, "log.csv", stage.mette)).pk]


def report_of_karen(stage):
    return [report_missing(stage.karen, timezone.now())[0].pk]


def api_endpoint() -> Access:
    """Nobody's session opens the API: a system shows its token."""
    return Access(refusal=401, is_open=True, wrong_get=405)


def open_page() -> Access:
    return Access(sees=EVERYBODY, is_open=True)


def open_form() -> Access:
    return Access(sees=EVERYBODY, does=EVERYBODY, is_open=True)


def everybodys_form() -> Access:
    return Access(sees=EVERYBODY, does=EVERYBODY)


def kit_page(args=nothing) -> Access:
    return Access(sees=KIT, args=args, refusal=403)


def kit_act(args=nothing) -> Access:
    return Access(does=KIT, args=args, refusal=403)


def kit_form(args=nothing, **more) -> Access:
    return Access(sees=KIT, does=KIT, args=args, refusal=403, **more)


def letter_act(does: frozenset[str], args=letter, **more) -> Access:
    """Somebody who sees Karen's letter and may not act gets 403."""
    return Access(does=does, args=args, exceptions=dict.fromkeys(SEE_KARENS - does, 403), **more)


def confirmers_form() -> Access:
    refused = dict.fromkeys(SEE_SVALEVEJ - CONFIRM_KARENS, 403)
    return Access(sees=CONFIRM_KARENS, does=CONFIRM_KARENS, args=svalevej, exceptions=refused)


def desk_page(args) -> Access:
    """The question went to DIT. Personalejura and Koncern IT hold a desk role, but not at this desk."""
    return Access(sees=frozenset({"pia"}), args=args, refusal=403, exceptions=OTHER_DESKS)


def desk_act(args) -> Access:
    return Access(does=frozenset({"pia"}), args=args, refusal=403, exceptions=OTHER_DESKS)


ACCESS: dict[str, Access] = {
    # pages outside the four apps
    "health": open_page(),
    "site_health": open_page(),
    "home": everybodys_form(),
    "sign_in": open_form(),
    "account_request_login_code": open_form(),
    "account_login": open_form(),
    "account_confirm_login_code": open_form(),
    "begin_sign_in_again": open_form(),
    "provider_sign_in": Access(is_open=True),  # 404: there is no provider
    "provider_callback": Access(is_open=True),
    "sign_out_at_provider": Access(is_open=True),
    "sign_out_by_provider": Access(is_open=True),
    "mfa_login_webauthn": open_form(),
    "mfa_authenticate": open_form(),
    "my_access": Access(sees=EVERYBODY),
    "mfa_index": Access(sees=EVERYBODY),
    "mfa_list_webauthn": Access(sees=EVERYBODY),
    "sign_out_elsewhere": Access(does=EVERYBODY),
    "mfa_activate_totp": everybodys_form(),
    "mfa_add_webauthn": everybodys_form(),
    # nobody of the cast has an app, a key or a password
    "account_change_password": Access(),
    "mfa_deactivate_totp": Access(),
    "mfa_remove_webauthn": Access(args=lambda stage: [1]),
    "mfa_view_recovery_codes": Access(),
    "mfa_generate_recovery_codes": everybodys_form(),
    "account_reauthenticate": Access(refusal=403),
    "mfa_reauthenticate": Access(refusal=403),
    "mfa_reauthenticate_webauthn": Access(refusal=403),
    "person_access": Access(sees=KIT | HR, args=jens, refusal=403),
    "give_role": Access(does=KIT | HR, args=jens, refusal=403),
    "take_role": Access(sees=KIT | HR, does=KIT | HR, args=role_of_jens, refusal=403),
    "sign_out_person": kit_form(jens),
    "remove_keys": kit_form(jens),
    "approve_identity": kit_form(refused_identity),
    "roles": Access(sees=KIT | HR, refusal=403),
    "group_roles": Access(sees=KIT | HR, does=KIT | HR, refusal=403),
    "take_group_role": Access(sees=KIT | HR, does=KIT | HR, args=group_role, refusal=403),
    "sign_out": Access(does=EVERYBODY, is_open=True),
    "stop_impersonation": Access(does=EVERYBODY),
    "guide": open_form(),
    "leader_guide": open_form(),
    "kit_guide": open_form(),
    "dit_guide": open_form(),
    "coordinator_guide": open_form(),
    "secretariat_guide": open_form(),
    "drafts": open_form(),
    "glossary": open_form(),
    "accessibility": open_form(),
    "privacy": open_form(),
    "search": everybodys_form(),
    "person": Access(sees=SEE_PERSONNEL, args=lambda stage: [stage.karen.pk]),
    "unit_page": Access(sees=COUNT_SVALEVEJ, args=svalevej),
    # letters
    "imports": kit_form(),
    "import_batch": kit_page(batch),
    "import_columns": kit_form(batch),
    "stop_batch": kit_act(batch),
    "commit_batch": kit_form(batch),
    "rejected_rows": kit_page(batch),
    "import_row": kit_form(row_of_batch),
    "discard_batch": kit_act(batch),
    "new_units": kit_form(batch),
    "changed_letters": kit_page(batch),
    "mark_full_list": kit_act(batch),
    "missing": kit_form(batch),
    "batch_letters": kit_page(lambda stage: [*batch(stage), "nye"]),
    "withdrawn_letters": kit_page(),
    "reinstate_letter": kit_act(letter),
    "undo_batch": kit_form(batch),
    "people": Access(sees=KIT, refusal=403),
    "staff_files": kit_form(),
    "staff_import": kit_page(staff_file),
    # an empty form does not state the number of people who leave, as when a page is older than the file
    "save_staff_file": kit_form(staff_file, also=frozenset({409})),
    "discard_staff_file": kit_act(staff_file),
    "categories": kit_page(),
    "new_category_rule": kit_form(),
    "category_rule": kit_form(category_rule),
    "delete_category_rule": kit_act(category_rule),
    "move_category_rule": kit_act(category_rule),
    "category_changes": kit_page(),
    "category_letters": kit_page(lambda stage: ["uden-emne"]),
    "run_category_rules": kit_act(),
    "unassigned": Access(sees=FINDERS, refusal=403),
    "unassigned_group": Access(sees=FINDERS, args=without_leader, refusal=403),
    "assign_letters": Access(does=FINDERS, args=without_leader, refusal=403),
    "new_person": Access(sees=FINDERS, does=FINDERS, args=without_leader, refusal=403),
    "undo_assignment": Access(does=FINDERS, args=assigned_by_birgitte, refusal=403),
    "api_tokens": kit_form(),
    "end_api_token": kit_form(api_token),
    "channels": kit_page(),
    "receipt_statuses": kit_form(),
    "tracking_files": kit_form(),
    "tracking_file": kit_form(tracking_file),
    "channel": kit_page(tracked_channel),
    "silence": kit_form(silence_alarm),
    "draft_incident": kit_act(silence_alarm),
    "move_reports": Access(does=KIT, args=silence_alarm, refusal=403, also=frozenset({404})),
    "dispatched_letter": kit_page(dispatched_letter),
    "report_missing": everybodys_form(),
    "missing_report": Access(sees=frozenset({"karen"}), args=report_of_karen),
    "openapi-json": kit_page(),
    "openapi-view": kit_page(),
    "api-root": Access(is_open=True),  # 404
    "take_dispatches": api_endpoint(),
    "take_receipts": api_endpoint(),
    "take_push": api_endpoint(),
    "answer_head": api_endpoint(),  # the same address
    # followups
    "my_letters": Access(sees=EVERYBODY),
    "mark_letters_sent": Access(does=EVERYBODY),
    "prove_letters": Access(does=EVERYBODY),
    "undo_proof": Access(does=EVERYBODY),
    "decide_my_letters": everybodys_form(),
    "decide_as_substitute": everybodys_form(),
    "bulk_decisions": Access(sees=EVERYBODY),
    "record_remedial_actions": everybodys_form(),
    "bulk_decision": Access(sees=frozenset({"karen"}), args=decided_by_karen),
    "undo_bulk_decision": Access(does=frozenset({"karen"}), args=decided_by_karen),
    "letter": Access(sees=SEE_KARENS, does=DECIDE_KARENS, args=letter),
    "keep_decision_draft": letter_act(DECIDE_KARENS),
    "discard_decision_draft": letter_act(DECIDE_KARENS),
    "arrival": Access(sees=SEE_KARENS, does=DECIDE_KARENS, args=letter),
    "arrival_file": Access(sees=SEE_KARENS, args=proven_to_have_arrived),
    "take_back_arrival": letter_act(DECIDE_KARENS, said_to_have_arrived),
    "undo_decision": letter_act(DECIDE_KARENS),
    "mark_done": letter_act(DECIDE_KARENS),
    "put_on_record": letter_act(DECIDE_KARENS),
    "record_remedial_action": letter_act(DECIDE_KARENS),
    "record_deletion": letter_act(DECIDE_KARENS),
    "confirm_letter": letter_act(CONFIRM_KARENS),
    "send_back": letter_act(CONFIRM_KARENS),
    "uphold": letter_act(DECIDE_KARENS),
    # Karen's letter is no personnel case, so nobody may hand it over
    "hand_to_hr": Access(args=letter, exceptions=dict.fromkeys(SEE_KARENS, 403)),
    "original_gone": letter_act(DECIDE_KARENS),
    "original_found": letter_act(DECIDE_KARENS),
    "draft_mail": Access(sees=SEE_KARENS, args=lambda stage: [*letter(stage), "nyt"]),
    "draft_texts": kit_page(),
    "draft_text": kit_form(lambda stage: ["nyt", "Møder"]),
    "classify_letter": letter_act(CLASSIFY_KARENS),
    "my_absence": everybodys_form(),
    "take_back_absence": Access(does=frozenset({"jens"}), args=jens_absence),
    "handovers": Access(sees=EVERYBODY),
    "handover": Access(sees=CONFIRM_KARENS, does=CONFIRM_KARENS, args=lambda stage: [stage.karen.pk]),
    "undo_handover": Access(does=frozenset({"jens"}), args=letters_given_by_jens),
    "set_due_date": letter_act(DECIDE_KARENS, also=frozenset({422})),
    "my_workbook": Access(sees=EVERYBODY),
    "upload_workbook": everybodys_form(),
    "apply_workbook": everybodys_form(),
    "boards": Access(sees=EVERYBODY),
    "board": Access(sees=COUNT_SVALEVEJ, args=svalevej),
    "board_workbook": Access(sees=SEE_SVALEVEJ, args=svalevej),
    "save_view": Access(does=SEE_SVALEVEJ, args=svalevej),
    "delete_view": Access(does=frozenset({"birgitte"}), args=view_of_birgitte),
    "board_figures": Access(sees=COUNT_SVALEVEJ, args=svalevej),
    "board_people": Access(sees=COUNT_SVALEVEJ, args=svalevej),
    "board_categories": Access(sees=COUNT_SVALEVEJ, args=svalevej),
    "board_all_figures": Access(sees=COUNT_SVALEVEJ, args=svalevej),
    "board_units": Access(sees=COUNT_SVALEVEJ, args=svalevej),
    "board_consequences": Access(sees=COUNT_SVALEVEJ, args=svalevej),
    "board_mails": Access(sees=COUNT_SVALEVEJ, args=svalevej),
    "confirm_many": confirmers_form(),
    "undo_confirmations": Access(does=SEE_SVALEVEJ, args=svalevej),
    "decide_many": confirmers_form(),
    "notes": Access(sees=NOTE_READERS, does=KIT | {"birgitte"}, refusal=403),
    "verify_note": Access(sees=NOTE_READERS, does=NOTE_READERS, refusal=403),
    "note_template": kit_form(),
    "download_note_template": kit_page(),
    "note_prose": Access(
        sees=KIT | {"birgitte"},
        does=KIT | {"birgitte"},
        args=lambda stage: [stage.buf.pk, "summary"],
        refusal=403,
    ),
    "note": Access(sees=NOTE_READERS, args=published_note, refusal=403),
    "note_word": Access(sees=NOTE_READERS, args=published_note, refusal=403),
    "note_figure": Access(sees=NOTE_READERS, args=lambda stage: [*published_note(stage), "letters.open"], refusal=403),
    "publish_note": Access(does=KIT | {"birgitte"}, args=note_draft, refusal=403),
    "escalations": Access(sees=AT_A_DESK, refusal=403),
    "escalation": desk_page(escalation),
    "take_escalation": desk_act(escalation),
    "release_escalation": desk_act(escalation),
    "hand_over_escalation": desk_act(escalation),
    "forward_escalation": desk_act(escalation),
    "close_escalation": desk_act(escalation),
    "answer_escalation": desk_act(escalation),
    "see_as_asker": desk_act(escalation),
    "answer_escalations": Access(sees=AT_A_DESK, does=AT_A_DESK, refusal=403),
    "personnel_openings": Access(sees=HR, refusal=403),
    "open_personnel_cases": Access(does=HR, args=closed_to_karen, refusal=403),
    "standard_answers": Access(sees=AT_A_DESK, refusal=403),
    "new_standard_answer": Access(sees=AT_A_DESK, does=AT_A_DESK, refusal=403),
    "standard_answer": Access(
        sees=AT_A_DESK - {"hanne"}, does=AT_A_DESK - {"hanne"}, args=standard_answer, refusal=403, exceptions=HR_NOT
    ),
    "delete_standard_answer": Access(does=AT_A_DESK - {"hanne"}, args=standard_answer, refusal=403, exceptions=HR_NOT),
    "incident": Access(sees=READ_STORY, does=KIT, refusal=403),
    "incidents": Access(sees=EVERYBODY),
    "new_incident": kit_form(),
    "close_incident": kit_form(),
    "reopen_incident": kit_act(),
    "certificates": Access(sees=SEE_ALL_UNITS, does=SEE_ALL_UNITS, refusal=403),
    "issue_certificate": kit_act(),
    "download_certificate": Access(sees=SEE_ALL_UNITS, args=issued_certificate, refusal=403),
    "incident_facts": kit_form(),
    "incident_account": kit_page(),
    "incident_fix": kit_form(also=frozenset({409})),
    "new_story_row": kit_form(lambda stage: ["tiltag"]),
    "story_row": kit_form(measure),
    "delete_story_row": kit_act(measure),
    "breach": Access(sees=KIT | {"dina"}, refusal=403),
    "breach_register": Access(sees=KIT | {"dina"}, refusal=403),
    "give_opinion": Access(does=frozenset({"dina"}), args=breach_report, refusal=403),
    "decide_information": kit_act(breach_report),
    "report_breach": kit_act(),
    "assess_breach": kit_act(breach_report),
    "mark_breach_notified": kit_act(breach_report),
    "own_plan": Access(sees=FINDERS, refusal=403),
    "administration_plan": Access(sees=FINDERS, does=FINDERS, args=lambda stage: [stage.buf.pk], refusal=403),
    "extend_unit_deadline": Access(
        sees=FINDERS, does=FINDERS, args=svalevej, exceptions=dict.fromkeys(SEE_SVALEVEJ - FINDERS, 403)
    ),
    "extend_letter_deadline": Access(
        sees=FINDERS, does=FINDERS, args=letter, exceptions=dict.fromkeys(SEE_KARENS - FINDERS, 403)
    ),
    "open_followups": kit_act(),
    "move_deadline": kit_act(),
    "show_public_figures": kit_act(),
    # notifications
    "reminders": kit_page(),
    "switch_on_reminders": kit_act(),
    "switch_off_reminders": kit_act(),
    "my_reminder": Access(sees=EVERYBODY),
    "letter_reminder": Access(sees=SEE_KARENS, args=letter),
    "unit_reminder": Access(sees=SEE_SVALEVEJ, args=svalevej),
    "remind_unit": confirmers_form(),
    "notices": kit_page(),
    "notice_preview": kit_page(owed_a_notice),
    "notice_preview_mail": kit_page(owed_a_notice),
    "send_notices": kit_act(),
    "dispatch": kit_page(dispatch),
    "retry_deliveries": kit_act(dispatch),
    "alarms": kit_page(),
    "silent_mails": kit_page(),
    "take_alarm": kit_act(alarm),
    "end_alarm": kit_act(alarm),
    "texts": kit_page(),
    "text": kit_form(text_of_the_notice),
    "text_preview_mail": kit_page(text_of_the_notice),
    "text_versions": kit_page(text_of_the_notice),
    "reset_text": kit_act(text_of_the_notice),
    "not_reached": kit_page(),
    "unreached_mail": kit_page(refused_mail),
    "send_mail_again": kit_act(refused_mail),
    "resolve_mail": kit_act(lambda stage: [*refused_mail(stage), "fortalt"]),
    "incoming": kit_page(),
    "incoming_mail": kit_page(incoming_mail),
    "answer_incoming": kit_act(incoming_mail),
    "hand_over_incoming": kit_act(incoming_mail),
    "settle_incoming": kit_act(incoming_mail),
    "nobodys": Access(sees=FINDERS, refusal=403),
    "stop_dispatch": kit_form(dispatch),
    "pause_all_mails": kit_form(),
    "resume_all_mails": kit_act(),
    "notice": Access(sees=SEE_KARENS, args=notice),
    "notice_html": Access(sees=SEE_KARENS, args=notice),
    "letter_notices": Access(sees=SEE_KARENS, args=letter),
    "letter_pack": Access(sees=SEE_KARENS, args=letter),
    "letter_zip": Access(sees=SEE_KARENS, args=letter),
    "unit_pack": Access(sees=SEE_SVALEVEJ, args=svalevej),
    "unit_zip": Access(sees=SEE_SVALEVEJ, args=svalevej),
    "access_request": Access(sees=ANSWER_REQUESTS, refusal=403),
    "access_request_zip": Access(sees=ANSWER_REQUESTS, refusal=403),
}

#: other objects behind the same URLs
ALSO: list[tuple[str, Access]] = [
    (name, Access(sees=frozenset({"ulla", "mette", "pia", "hanne"}), args=notice_about_personnel_cases_only))
    for name in ("notice", "notice_html")
]
ALSO += [
    (
        name,
        Access(sees=READ_PERSONNEL, args=personnel_case, exceptions=dict.fromkeys(SEE_PERSONNEL - READ_PERSONNEL, 403)),
    )
    for name in ("letter_pack", "letter_zip")
]
ALSO += [
    ("letter_notices", Access(sees=SEE_PERSONNEL, args=personnel_case)),
    ("letter_reminder", Access(sees=SEE_PERSONNEL, args=personnel_case)),
    ("letter", Access(sees=SEE_PERSONNEL, does=READ_PERSONNEL, args=personnel_case)),
    ("arrival", Access(sees=SEE_PERSONNEL, does=READ_PERSONNEL, args=personnel_case)),
    (
        "classify_letter",
        Access(does=READ_PERSONNEL, args=personnel_case, exceptions=dict.fromkeys(SEE_PERSONNEL - READ_PERSONNEL, 403)),
    ),
]
RULES = [*ACCESS.items(), *ALSO]

#: only in the demo, which runs on loopback with fictional people and is open to everybody
DEMO_ONLY = {"demo_sign_in", "demo_mailbox", "demo_mail", "demo_mail_html"}
