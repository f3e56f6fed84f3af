"""Closing and reopening: what is open is named, a reason is needed, and a closed incident is read only and silent."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.drafts import recipient_texts
from followups.reporting.certificate import LETTERS_HEADER, TOTAL, letter_rows
from followups.services import arrivals
from letters import incidents, reclassification
from letters.categories import category_rules
from letters.importing import batches
from letters.importing.commit import apply_plan, withdraw_letters
from letters.incidents import address_under
from letters.models import (
    BreachAssessment,
    BreachReport,
    CategoryRule,
    ImportBatch,
    Incident,
    Letter,
    Measure,
    StatusChange,
)
from letters.models.import_progress import ProgressWriter
from letters.models.incident import CLOSED_MESSAGE, IncidentClosed
from letters.story import plans
from notifications.dispatching import dispatch_lifecycle
from notifications.incident_page import closing
from notifications.incident_page.facts import read_facts
from notifications.models import SendingSettings
from notifications.reminders import run_reminders
from notifications.texts import notice_texts
from notifications.texts.notice_texts import TextSource
from sepo_incident.accounts.models import User
from sepo_incident.core.database import Conflict
from tests.factories import BatchFactory, IncidentFactory, LetterFactory, at
from tests.followups.arrival_reports import NOT_ARRIVED
from tests.followups.decision_answers import NO_DISPATCH, RESENT
from tests.followups.escalation_helpers import ask_for_help
from tests.letters.concurrency import act_during

pytestmark = pytest.mark.usefixtures("monday")
PAGE = "close_incident"


def address_of(incident, page="incident"):
    return address_under(incident, reverse(page))


def rest(incident):
    return closing.still_open(list_items(incident))


def list_items(incident):
    return closing.list_closing_items(read_facts(incident, User.objects.get(email="mette@kk.example")))


def settle_breach(cast):
    report = BreachReport.objects.create(
        incident=cast.incident, aware_at="2020-01-06T10:00+01:00", text="Set", lost_availability=True, by=cast.mette
    )
    BreachAssessment.objects.create(report=report, answer="DO_NOT_NOTIFY", reason="Brevene findes", by=cast.mette)


@pytest.fixture
def finished(cast):
    """Nothing is open but one letter."""
    for letter in Letter.objects.exclude(pk=cast.annes.pk).exclude(pk=cast.ullas.pk):
        services.decide(letter, NO_DISPATCH, letter.sender, version=0)
        services.confirm_letter(letter, letter.leader, 1)
    Letter.objects.filter(pk=cast.ullas.pk).update(withdrawn_at="2020-01-13T10:00+01:00")
    settle_breach(cast)
    return cast


def test_what_is_open_is_named_with_links(cast, as_user):
    Measure.objects.create(incident=cast.incident, title="x", contact_name="y", due_on=cast.incident.deadline)
    assert rest(cast.incident) == [
        "7 breve mangler beslutning",
        "1 brev mangler en ansvarlig",
        "Databrud er ikke vurderet",
        "1 tiltag er ikke gennemført",
    ]
    page = as_user(cast.mette).get(reverse(PAGE)).text
    for words in (
        "Der mangler 4 af 13 punkter.",
        "Ingen breve mangler bevis",
        "Ingen breve er sendt igen uden at komme frem",
        f"{reverse('incident')}#tiltag",
        reverse("unassigned"),
        "status=LACKS_DECISION",
    ):
        assert words in page


def test_closing_with_something_open_needs_a_reason(finished, as_user):
    client, seen = as_user(finished.mette), ["1 brev mangler beslutning"]
    assert rest(finished.incident) == seen
    refused = client.post(reverse(PAGE), {"mangler": seen, "reason": " "})
    assert refused.status_code == 422
    assert "Skriv en begrundelse." in refused.text
    client.post(reverse(PAGE), {"mangler": seen, "reason": "Anne ringer til modtageren."})
    assert Incident.objects.get().status == Incident.Status.CLOSED
    change = StatusChange.objects.get()
    assert (change.still_open, change.reason, change.by) == (seen, "Anne ringer til modtageren.", finished.mette)
    shown = as_user(finished.jens).get(address_of(finished.incident)).text
    assert "Hændelsen lukkes. 1 brev mangler beslutning. »Anne ringer til modtageren.«" in shown


def test_closing_with_nothing_open_needs_no_reason(finished, as_user):
    services.decide(finished.annes, NO_DISPATCH, finished.anne, version=0)
    services.confirm_letter(finished.annes, finished.torben, 1)
    assert rest(finished.incident) == []
    assert "Alle punkter er opfyldt." in as_user(finished.mette).get(reverse(PAGE)).text
    as_user(finished.mette).post(reverse(PAGE), {"reason": ""})
    assert Incident.objects.get().status == Incident.Status.CLOSED


def send_back(cast):
    services.decide(cast.annes, NO_DISPATCH, cast.anne, version=0)
    services.send_back(cast.annes, cast.torben, 1, "Hvorfor?")


def fail_to_arrive(cast):
    services.decide(cast.annes, RESENT, cast.anne, version=0)
    arrivals.record_arrival(cast.annes, NOT_ARRIVED, cast.anne, 0)


def confirm_without_proof(cast):
    services.decide(cast.annes, RESENT, cast.anne, version=0)
    services.confirm_letter(cast.annes, cast.torben, 1)


#: what happens to the last open letter -> the lines of the list, and the column of the certificate
KINDS_OF_OPEN_LETTERS = {
    "undecided": (lambda cast: None, ["mangler beslutning"], "Mangler beslutning"),
    "sent back": (send_back, ["mangler beslutning"], "Mangler beslutning"),
    "not arrived": (fail_to_arrive, ["skal sendes", "er sendt igen uden at komme frem"], "Skal sendes"),
    "unproven": (confirm_without_proof, ["mangler bevis"], "Mangler bevis"),
}


@pytest.mark.parametrize("kind", KINDS_OF_OPEN_LETTERS)
def test_open_letter_is_named_and_is_open_on_the_certificate(finished, as_user, kind):
    """The number links to a list of as many rows, and the certificate counts the same letter."""
    act, lines, column = KINDS_OF_OPEN_LETTERS[kind]
    act(finished)
    assert [one.removeprefix("1 ").removeprefix("brev ") for one in rest(finished.incident)] == lines
    client, root = as_user(finished.mette), finished.root
    page = client.get(reverse(PAGE))
    assert "Alle punkter er opfyldt." not in page.text
    for item in page.context["items"]:
        if item.is_open and f"/enhed/{root.pk}/" in item.url:
            assert item.url in page.text.replace("&amp;", "&")
            assert client.get(item.url).context["page_obj"].paginator.count == 1, item
    [total] = [row for row in letter_rows(finished.incident, at(2020, 1, 13, 12)) if row[0] == TOTAL]
    assert dict(zip(LETTERS_HEADER, total, strict=True))[column] == "1"


def test_closing_counts_for_what_the_page_named(finished, as_user):
    late = as_user(finished.mette).post(reverse(PAGE), {"mangler": ["2 breve mangler en beslutning"], "reason": "Nok."})
    assert late.status_code == 409
    assert closing.CHANGED_MESSAGE in late.text
    assert ">\nNok.</textarea>" in late.text
    assert Incident.objects.get().status == Incident.Status.OPEN


def test_database_refuses_closing_and_reopening_without_a_reason(cast):
    new = {"incident": cast.incident, "by": cast.mette}
    with transaction.atomic(), pytest.raises(IntegrityError, match="closing_with_rest_has_reason"):
        StatusChange.objects.create(**new, old="OPEN", new="CLOSED", still_open=["1 brev"])
    with transaction.atomic(), pytest.raises(IntegrityError, match="reopening_has_reason"):
        StatusChange.objects.create(**new, old="CLOSED", new="OPEN")


@pytest.fixture
def closed(finished):
    closing.close(finished.incident, "Nok.", rest(finished.incident), finished.mette)
    return finished


def test_closed_incident_takes_no_decision(closed, as_user):
    with pytest.raises(services.NotPossible, match="Hændelsen er lukket"):
        services.decide(closed.annes, NO_DISPATCH, closed.anne, version=0)
    outcome = services.confirm_letters({closed.plain: 1}, closed.jens)
    assert (outcome.done, outcome.reasons) == ([], CLOSED_MESSAGE)
    LetterFactory(incident=closed.incident, sender=closed.karen)
    with pytest.raises(IncidentClosed, match="Hændelsen er lukket"):
        services.open_followups(closed.incident, closed.mette)
    page = as_user(closed.anne).get(reverse("letter", args=[closed.annes.pk]), follow=True)
    assert "Du kan læse, men ikke ændre noget." in page.text, "reading stays"


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    """Somebody acts on a letter while Koncern IT closes the incident."""

    @pytest.fixture
    def acts(self, cast):
        question = ask_for_help(cast.untitled, cast.karen)
        return {
            "decide": lambda: services.decide(cast.annes, NO_DISPATCH, cast.anne, version=0),
            "take": lambda: services.take_escalation(question, cast.pia),
        }

    @pytest.mark.parametrize("act", ["decide", "take"])
    def test_act_that_waits_for_the_closing_is_refused(self, cast, acts, act):
        seen = rest(cast.incident)
        with pytest.raises(services.NotPossible, match="Hændelsen er lukket"):
            act_during(lambda: closing.close(cast.incident, "Nok.", seen, cast.mette), acts[act])

    def test_closing_that_waits_for_a_decision_names_what_is_open_after_it(self, cast, acts):
        seen = rest(cast.incident)
        with pytest.raises(Conflict, match="Det, der mangler, har ændret sig"):
            act_during(acts["decide"], lambda: closing.close(cast.incident, "Nok.", seen, cast.mette))


def test_closed_incident_sends_no_mail(finished):
    run_reminders.switch_reminders(finished.incident, finished.mette, is_on=True)
    closing.close(finished.incident, "Nok.", rest(finished.incident), finished.mette)
    assert SendingSettings.objects.get().paused_at is not None
    with pytest.raises(Conflict, match="Hændelsen er lukket"):
        dispatch_lifecycle.resume_all_mails(finished.incident, finished.mette)
    SendingSettings.objects.update(paused_at=None)
    run_reminders.run_all_incidents()
    assert not finished.incident.dispatches.exists(), "the clock passes closed incidents by, paused or not"


def test_list_is_not_committed_into_a_closed_incident(closed):
    batch = BatchFactory(incident=closed.incident, sha256="1" * 64, status="CHECKED", committed_at=None)
    assert not batches.request_commit(batch, closed.mette)
    ImportBatch.objects.filter(pk=batch.pk).update(status="COMMITTING")
    assert not apply_plan.apply_batch(batch.pk, ProgressWriter(batch.pk))
    batch.refresh_from_db()
    assert (batch.status, batch.refusal) == ("CHECKED", CLOSED_MESSAGE), "asked for before the closing"


def test_services_refuse_under_the_lock_of_the_incident(closed):
    """A form, a job or a command that passed every check before the closing."""
    incident, kit = closed.incident, closed.mette
    batch = ImportBatch.objects.filter(incident=incident).latest("pk")
    acts = {
        "rerun rules": lambda: reclassification.rerun_category_rules(incident, kit),
        "add a rule": lambda: category_rules.add_rule(CategoryRule(incident=incident, name="Tandpleje"), kit),
        "withdraw": lambda: withdraw_letters.withdraw_missing_letters(batch, "Ikke på listen", kit),
        "reinstate": lambda: withdraw_letters.reinstate_letter(closed.ullas, kit),
        "reminders": lambda: run_reminders.switch_reminders(incident, kit, is_on=True),
        "text": lambda: notice_texts.save_new_version("FIRST_NOTICE", incident, TextSource("Emne", "Tekst"), 0, kit),
        "draft": lambda: recipient_texts.save_draft_text(incident, "", "resend", "Kære", 0, kit),
        "plan": lambda: plans.save_plan(plans.find_or_begin_plan(incident, closed.buf, kit), kit, None),
    }
    assert [name for name, act in acts.items() if not is_refused(act)] == []


def is_refused(act) -> bool:
    try:
        act()
    except IncidentClosed:
        return True
    return False


def test_reopening_needs_a_reason_and_leaves_mails_paused(closed, as_user):
    client, act = as_user(closed.mette), address_of(closed.incident, "reopen_incident")
    refused = client.post(act, {"reason": ""})
    assert refused.status_code == 422
    assert "Skriv en begrundelse." in refused.text
    said = client.post(act, {"reason": "Et brev dukkede op."}, follow=True).text
    assert f'til du <a href="{address_of(closed.incident, "notices")}">sætter dem i gang</a>.' in said
    assert "Næste skridt: sæt mails i gang" in said
    assert Incident.objects.get().status == Incident.Status.OPEN
    assert "Hændelsen åbnes igen. »Et brev dukkede op.«" in client.get(reverse("incident")).text
    assert SendingSettings.objects.get().paused_at is not None
    dispatch_lifecycle.resume_all_mails(closed.incident, closed.mette)
    services.decide(closed.annes, NO_DISPATCH, closed.anne, version=0)


def test_opening_the_followup_is_the_only_way_from_preparing(db, cast):
    young = IncidentFactory(slug="ny", status="PREPARING")
    with pytest.raises(Conflict):
        incidents.set_status(young, Incident.Status.CLOSED, cast.mette)
    services.open_followups(young, cast.mette)
    services.open_followups(young, cast.mette)
    [change] = StatusChange.objects.all()
    assert (change.old, change.new, change.by) == ("PREPARING", "OPEN", cast.mette)


def test_closed_incident_keeps_its_deadline_and_its_figures(closed, as_user):
    kit, before = as_user(closed.mette), Incident.objects.values().get()
    deadline = {"deadline_day": "20", "deadline_month": "1", "deadline_year": "2020", "reason": "Vi når det ikke."}
    for page, posted in (
        ("move_deadline", deadline),
        ("show_public_figures", {"vis": "1"}),
        ("open_followups", {}),
    ):
        answer = kit.post(address_of(closed.incident, page), posted, follow=True)
        assert "Hændelsen er lukket" in answer.text, page
    assert Incident.objects.values().get() == before
