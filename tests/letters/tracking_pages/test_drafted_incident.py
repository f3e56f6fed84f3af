"""The incident that is drafted from an alarm: its letters, who gets them, what leaves it, and what is offered."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from followups import services
from followups.letter import history
from letters import tasks
from letters.importing.commit.withdraw_letters import reinstate_letter, withdraw_arrived_letters
from letters.models import DispatchOutcome, ImportBatch, Incident, Letter, LetterDispatch, SilenceAlarm
from letters.tracking import drafted_incidents
from letters.tracking.silence.alarms import close_alarm
from letters.tracking.take_in import take_in_dispatches, take_in_receipts
from letters.tracking_pages.alarm_sentences import show_alarm
from letters.tracking_pages.incident_draft import write_draft
from notifications.alarms import reconciliation
from notifications.models import Delivery, Notice
from notifications.tasks import check_unanswerable_letters, drain_outbox, poll_outbox, send_reminders
from sepo_incident.accounts.models import Membership
from tests.factories import UnitFactory
from tests.followups.decision_answers import RESENT
from tests.letters.concurrency import act_during
from tests.letters.tracking_pages.conftest import NOW
from tests.letters.tracking_pages.test_tracking_pages import text_of
from tests.notices import write_first_notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def senders(cast, silence):
    """59 letters are missing: of Karen, of somebody unknown, of somebody without an address. Jens leads the school."""
    missing = list(silence.dispatches.exclude(outcome__is_delivered=True).order_by("sent_at"))
    for emails, letters in (
        (cast.karen.email.upper(), missing[:40]),
        ("ny@kk.example", missing[40:50]),
        ("Mads Lyng", missing[50:]),
    ):
        LetterDispatch.objects.filter(pk__in=[one.pk for one in letters]).update(sender=emails, recipient_key="a" * 64)
    Membership.objects.filter(user=cast.jens).update(made_by_staff_file=True)
    return missing


@pytest.fixture
def drafted(senders, silence, kit_client, enqueued_tasks):
    """The incident after a press of the button."""
    kit_client.post(reverse("draft_incident", args=[silence.pk]))
    silence.refresh_from_db()
    return silence.incident


@pytest.fixture
def no_tasks(monkeypatch):
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_on_commit", lambda *args, **options: None)


def deliver(*letters, at=NOW):
    for letter in letters:
        LetterDispatch.objects.filter(pk=letter.pk).update(message_uuid=f"{letter.pk:036}")
        said = {"message_uuid": f"{letter.pk:036}", "status": "Afleveret Digital Post", "received_at": at.isoformat()}
        take_in_receipts([said], NOW)


def list_more(alarm, name, number, at):
    """Take in letters without a receipt, and list them."""
    told = [
        {"id": f"{name} {one}", "channel": "SEPO", "sent_at": at.isoformat(), "known_at": NOW.isoformat(),
         "sender": "karen@kk.example", "unit": "Svalevejens Skole"}
        for one in range(number)
    ]  # fmt: skip
    take_in_dispatches(told, NOW)
    LetterDispatch.objects.filter(source_id__startswith=name).update(alarm=alarm)


def letter_of(dispatch):
    return Letter.objects.get(source_ref=dispatch.source_id, batch__alarm__isnull=False)


def alarm_page(client, alarm):
    return text_of(client.get(reverse("silence", args=[alarm.pk])))


def test_one_press_drafts_the_incident_and_imports_its_letters(cast, silence, senders, kit_client, enqueued_tasks):
    assert "Opret hændelse med 59 breve" in alarm_page(kit_client, silence)
    page = kit_client.post(reverse("draft_incident", args=[silence.pk]), follow=True)
    assert "59 breve er indlæst" in text_of(page)
    incident = SilenceAlarm.objects.get().incident
    assert (incident.title, incident.system) == ("SEPO: nogle breve mangler kvittering", "SEPO")
    assert (incident.kind, incident.status, incident.fault.short) == ("NOT_ARRIVED", "PREPARING", "mangler kvittering")
    assert (incident.first_day, incident.last_day) == (date(2019, 12, 3), date(2019, 12, 9))
    assert incident.deadline == date(2019, 12, 18)
    cause = incident.cause_rows.get()
    assert cause.known == (
        "64 breve mangler kvittering. Det plejer at være 17. Enheden Svalevejens Skole, siden mandag den"
        " 9. december 2019 kl. 07.30."
    )
    assert (cause.status, cause.unknown) == ("PRELIMINARY", "Vi ved ikke, om brevene er standset eller kun forsinkede.")
    assert cause.changed_by == cast.mette
    letters = Letter.objects.filter(incident=incident)
    assert set(letters.values_list("source_ref", flat=True)) == {one.source_id for one in senders}
    assert set(letters.values_list("recipient_kind", "recipient_key")) == {("UNKNOWN", "a" * 64)}
    assert set(letters.values_list("unit", "leader")) == {(cast.svalevej.pk, cast.jens.pk)}
    assert letters.filter(sender=cast.karen).count() == 40
    assert letters.filter(sender__email="ny@kk.example", sender__name="ny@kk.example").count() == 10
    assert letters.filter(sender=None, sender_name="Mads Lyng").count() == 9
    first = letter_of(senders[0])
    assert (first.sent_at, first.subject) == (senders[0].sent_at, senders[0].subject)


def test_a_leader_whom_a_person_appointed_is_not_named(cast, silence, senders, kit_client, enqueued_tasks):
    """Whoever gives the role would otherwise choose who reads the personnel cases of the unit."""
    Membership.objects.filter(user=cast.jens).update(made_by_staff_file=False)
    kit_client.post(reverse("draft_incident", args=[silence.pk]))
    assert not letter_of(senders[0]).leader


def test_an_unknown_unit_is_the_unit_of_the_sender_or_a_question(cast, silence, senders, kit_client, enqueued_tasks):
    LetterDispatch.objects.update(unit="Skolens kontor")
    UnitFactory(name="SFO", parent=cast.svalevej, kind="SUBUNIT")
    LetterDispatch.objects.filter(pk=senders[45].pk).update(unit="svalevejens skole, SFO")
    page = kit_client.post(reverse("draft_incident", args=[silence.pk]), follow=True)
    assert "Tjek listen" in text_of(page)
    assert not Letter.objects.filter(batch__alarm=silence).exists()
    batch = ImportBatch.objects.get(alarm=silence)
    assert set(batch.rows.values_list("sender_email", "area", "unit_name", "subunit")) == {
        ("karen@kk.example", "Område Nørrebro", "Svalevejens Skole", ""),
        ("ny@kk.example", "Område Nørrebro", "Svalevejens Skole", "SFO"),
        ("ny@kk.example", "", "Skolens kontor", ""),
        ("", "", "Skolens kontor", ""),
    }
    for name in ("import_batch", "import_columns", "new_units"):
        assert kit_client.get(reverse(name, args=[batch.pk]), follow=True).status_code == 200
    again = kit_client.post(reverse("draft_incident", args=[silence.pk]))
    assert again.url.endswith(reverse("import_batch", args=[batch.pk])), "the list that waits"


def test_two_presses_make_one_incident_and_one_list(cast, silence, senders, kit_client, no_tasks):
    incidents = Incident.objects.count()
    answers = [kit_client.post(reverse("draft_incident", args=[silence.pk])) for _ in range(2)]
    assert answers[0].url == answers[1].url
    assert Incident.objects.count() == incidents + 1
    assert ImportBatch.objects.filter(alarm=silence).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_press_at_the_same_time(cast, silence, senders, no_tasks):
    def press(joined=None):
        draft = write_draft(show_alarm(silence))
        return drafted_incidents.draft_incident(silence, draft, cast.mette, joined)

    made = []
    assert act_during(lambda: made.append(press()), lambda: press(cast.incident)) == made[0]
    assert SilenceAlarm.objects.get().incident == made[0].incident != cast.incident


def test_nothing_is_mailed_before_koncern_it_says_so(cast, drafted, sink, no_tasks):
    def run_all_jobs():
        for task in (poll_outbox, send_reminders, check_unanswerable_letters, drain_outbox):
            task()
        return Notice.objects.filter(dispatch__incident=drafted).count(), len(sink.mails)

    assert run_all_jobs() == (0, 0)
    services.open_followups(drafted, cast.mette)
    assert run_all_jobs() == (0, 0)
    write_first_notices(drafted)
    drain_outbox()
    assert set(Delivery.objects.filter(role="TO").values_list("address", flat=True)) == {
        "karen@kk.example", "ny@kk.example",
    }  # fmt: skip
    [mail] = sink.mails_to("ny@kk.example")
    assert mail.message["Subject"].startswith("10 af dine breve mangler kvittering – følg op senest")


def test_a_late_receipt_withdraws_the_letter(cast, drafted, senders, kit_client):
    deliver(*senders[3:5], at=NOW + timedelta(minutes=7))
    tasks.find_missing_letters()
    assert all(one.agrees for one in reconciliation.all_sums())
    gone = Letter.objects.filter(incident=drafted).withdrawn()
    assert set(gone) == {letter_of(one) for one in senders[3:5]}
    assert {change.reason for one in gone for change in one.changes.all()} == {
        "Kvitteringen kom mandag den 9. december 2019 kl. 12.37"
    }
    seen = Letter.objects.visible_to(cast.karen).get(pk=letter_of(senders[3]).pk)
    assert "Systemet trak brevet tilbage: »Kvitteringen kom mandag den 9. december 2019 kl. 12.37«" in [
        event.text for event in history.letter_events(seen, cast.karen)
    ]
    assert "2 breve kom frem senere og er trukket tilbage" in text_of(
        kit_client.get(f"/haendelser/{drafted.slug}{reverse('incident')}")
    )


def test_a_letter_that_a_person_has_decided_or_taken_up_again_stays(cast, drafted, senders, kit_client):
    services.open_followups(drafted, cast.mette)
    decided, reinstated = map(letter_of, senders[3:5])
    services.decide(decided, RESENT, cast.karen, version=0)
    deliver(*senders[3:5])
    assert withdraw_arrived_letters() == 1
    reinstated.refresh_from_db()
    reinstate_letter(reinstated, cast.mette)
    assert withdraw_arrived_letters() == 0
    assert not Letter.objects.filter(incident=drafted).withdrawn().exists()
    assert "2 breve er kommet frem, men bliver på listen" in text_of(
        kit_client.get(f"/haendelser/{drafted.slug}{reverse('incident')}")
    )


def test_letters_of_a_closed_incident_stay(drafted, senders):
    Incident.objects.filter(pk=drafted.pk).update(status="CLOSED")
    deliver(senders[3])
    assert withdraw_arrived_letters() == 0


def test_newly_missing_letters_are_offered_and_added_with_one_press(cast, drafted, silence, kit_client):
    incident_page = f"/haendelser/{drafted.slug}{reverse('incident')}"
    assert "Alarmens breve er i hændelsen »SEPO: nogle breve mangler kvittering«" in alarm_page(kit_client, silence)
    list_more(silence, "Senere", 12, NOW + timedelta(days=10))
    offered = "12 breve fra alarmen er ikke i hændelsen"
    assert offered in alarm_page(kit_client, silence)
    assert offered in text_of(kit_client.get(incident_page))
    kit_client.post(reverse("draft_incident", args=[silence.pk]))
    drafted.refresh_from_db()
    assert Letter.objects.filter(incident=drafted, sender=cast.karen).count() == 52
    assert drafted.last_day == date(2019, 12, 19)
    assert drafted.deadline > drafted.last_day, "the deadline lies after the days of the letters"
    assert offered not in text_of(kit_client.get(incident_page))
    again = kit_client.post(reverse("draft_incident", args=[silence.pk]), follow=True)
    assert "Der er ikke ændret noget" in text_of(again)


def test_a_letter_whose_receipt_was_wrong_is_offered_again(drafted, senders, silence, kit_client):
    deliver(senders[3])
    withdraw_arrived_letters()
    DispatchOutcome.objects.filter(pk=senders[3].pk).update(is_delivered=False)
    assert "Tilføj 1 brev" in alarm_page(kit_client, silence)
    kit_client.post(reverse("draft_incident", args=[silence.pk]))
    assert letter_of(senders[3]).withdrawn_at is None


def test_an_alarm_without_missing_letters_leads_to_an_empty_incident(sepo, kit_client, cast):
    alarm = SilenceAlarm.objects.create(channel=sepo, raised_at=NOW)
    page = kit_client.get(reverse("silence", args=[alarm.pk]))
    assert reverse("new_incident") in page.text
    assert reverse("draft_incident", args=[alarm.pk]) not in page.text
    answer = kit_client.post(reverse("draft_incident", args=[alarm.pk]), follow=True)
    assert "Der er ikke ændret noget" in text_of(answer)
    assert Incident.objects.count() == 1


def test_a_closed_alarm_says_what_can_be_done(cast, silence, senders, kit_client, enqueued_tasks):
    close_alarm(silence, cast.mette, "Løst", is_false=False)
    assert "Opret hændelse med 59 breve" in alarm_page(kit_client, silence)
    SilenceAlarm.objects.update(is_false=True)
    assert "Alarmen var falsk" in alarm_page(kit_client, silence)


def test_a_later_alarm_of_the_channel_can_join_the_incident(cast, drafted, silence, kit_client):
    close_alarm(silence, cast.mette, "Løst", is_false=False)
    later = SilenceAlarm.objects.create(channel=silence.channel, raised_at=NOW)
    list_more(later, "Nyt", 3, NOW)
    page = alarm_page(kit_client, later)
    assert f"Hændelsen »{drafted.title}« er også om kanalen" in page
    assert "Opret en ny hændelse" in page
    address = reverse("draft_incident", args=[later.pk])
    assert kit_client.post(address, {"tilfoej": cast.incident.pk}).status_code == 404, "not of the channel"
    kit_client.post(address, {"tilfoej": drafted.pk})
    later.refresh_from_db()
    assert later.incident == drafted
    assert Letter.objects.filter(incident=drafted).count() == 62
    Incident.objects.filter(pk=drafted.pk).update(status="CLOSED")
    list_more(later, "Til", 2, NOW)
    assert re.search(r"2 breve fra alarmen .* Den er lukket", alarm_page(kit_client, later))
    assert "Hændelsen er lukket" in text_of(kit_client.post(address, follow=True))
