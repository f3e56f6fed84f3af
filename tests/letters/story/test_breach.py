"""The breach question: 72 hours from awareness, assessments that are added and never changed, and the draft."""

from datetime import UTC, date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from django.urls import reverse

from letters import incidents
from letters.incidents import address_under
from letters.models import BreachAssessment, BreachNotification, BreachReport, Cause, Incident, Letter
from letters.story import breach
from letters.story.story_rows import read_story_rows
from sepo_incident.core.database import Conflict
from tests.factories import at
from tests.letters.story.story_posts import REPORT, date_fields

pytestmark = pytest.mark.usefixtures("monday")
NO = {"answer": "DO_NOT_NOTIFY", "reason": "Ingen uvedkommende har set brevene.", "seen": 0}


@pytest.fixture
def report(cast):
    return BreachReport.objects.create(
        incident=cast.incident,
        aware_at=at(2020, 1, 13, 8, 15),
        text="To borgere.",
        lost_availability=True,
        by=cast.mette,
    )


def clock_at(cast, *moment):
    return breach.clocks_of(read_story_rows(cast.incident), at(*moment))[0]


def test_72_hours_run_from_awareness(cast, report):
    clock = clock_at(cast, 2020, 1, 13, 14, 5)
    assert clock.left_sentence == "66 timer og 10 minutter tilbage af 72 timer"
    assert (clock.elapsed_percent, clock.is_overdue, clock.badge.label) == (8.1, False, "66 timer tilbage")
    assert report.due_at == at(2020, 1, 16, 8, 15)
    late = clock_at(cast, 2020, 1, 16, 8, 15)
    assert (late.is_overdue, late.elapsed_percent, late.badge.label) == (True, 100.0, "72 timer er gået")


@pytest.mark.parametrize(
    ("aware", "due"),
    [
        (at(2020, 3, 28, 12), at(2020, 3, 31, 13)),  # the clock is put forward: an hour later on the wall
        (at(2020, 10, 24, 12), at(2020, 10, 27, 11)),  # the clock is put back
    ],
)
def test_72_hours_are_hours_across_summer_time(cast, aware, due):
    report = BreachReport(incident=cast.incident, aware_at=aware, text="x", by=cast.mette)
    assert report.due_at == due
    assert report.due_at.astimezone(UTC) - aware.astimezone(UTC) == timedelta(hours=72)


def test_kit_reports_and_assesses(cast, as_user):
    client = as_user(cast.mette)
    client.post(reverse("report_breach"), REPORT)
    report = BreachReport.objects.get()
    assert (report.aware_at, report.lost) == (at(2020, 1, 6, 10, 40), ["tilgængelighed"])
    assert "De 72 timer er gået" in client.get(reverse("breach")).text
    client.post(reverse("assess_breach", args=[report.pk]), NO)
    assessment = BreachAssessment.objects.get()
    assert (assessment.answer, assessment.by) == ("DO_NOT_NOTIFY", cast.mette)
    page = client.get(reverse("incident")).text
    assert "Vurdering af databrud: brud, anmeldes ikke." in page
    assert "Brud, anmeldes ikke." in page


def test_new_report_needs_a_new_assessment(cast, as_user, report):
    client = as_user(cast.mette)
    client.post(reverse("assess_breach", args=[report.pk]), NO)
    assert "databrud" not in client.get(reverse("incident")).text.split("Forløb</h2>")[0].lower()
    client.post(reverse("report_breach"), REPORT | date_fields("aware_on", date(2020, 1, 13)) | {"aware_clock": "9.00"})
    shown = client.get(reverse("incident")).text
    assert "Næste skridt: vurdér igen, om det er et databrud" in shown
    assert "Fristen for at anmelde til Datatilsynet er torsdag den 16. januar 2020 kl. 09.00" in shown


def test_no_breach_needs_a_reason(cast, as_user, report):
    refused = as_user(cast.mette).post(reverse("assess_breach", args=[report.pk]), NO | {"reason": " "})
    assert refused.status_code == 422
    assert "Skriv begrundelsen." in refused.text
    with transaction.atomic(), pytest.raises(IntegrityError, match="assessment_has_reason"):
        BreachAssessment.objects.create(report=report, answer="DO_NOT_NOTIFY", by=cast.mette)


def test_assessments_are_append_only(cast, report):
    breach.assess(report, "UNDECIDED", "", 0, cast.mette)
    with transaction.atomic(), pytest.raises(InternalError):
        BreachAssessment.objects.update(reason="Noget andet")
    with transaction.atomic(), pytest.raises(InternalError):
        BreachReport.objects.update(aware_at=at(2020, 1, 13, 9))


def test_second_assessor_sees_the_first(cast, as_user, report):
    breach.assess(report, "NOTIFY", "Der er en risiko.", 0, cast.mette)
    with pytest.raises(Conflict):
        breach.assess(report, "DO_NOT_NOTIFY", "Ingen risiko.", 0, cast.mette)
    late = as_user(cast.mette).post(reverse("assess_breach", args=[report.pk]), NO)
    assert late.status_code == 409
    assert "Der er en risiko." in late.text
    assert NO["reason"] in late.text, "what was typed is kept"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (date_fields("aware_on", date(2020, 1, 14)), "Tidspunktet er ikke kommet endnu."),
        ({"text": ""}, "Skriv, hvad I har opdaget."),
    ],
)
def test_nonsense_report_is_refused(cast, as_user, wrong, words):
    response = as_user(cast.mette).post(reverse("report_breach"), REPORT | wrong)
    assert response.status_code == 422
    assert words in response.text
    assert not BreachReport.objects.exists()


def test_draft_has_what_article_33_asks_for(cast, as_user, report):
    Cause.objects.create(incident=cast.incident, known="Taget for spam.")
    breach.assess(report, "NOTIFY", "En klagefrist kan være gået tabt.", 0, cast.mette, concerns_all=True)
    draft = breach.draft_notification(report, cast.mette)
    for words in (
        "To borgere.", "tilgængelighed", "Taget for spam.", "Op mod 7 breve", "borger", "medarbejder",
        "En klagefrist kan være gået tabt.", "Hvad gør vi?\nVed vi ikke endnu.", "Mette Dahl, Koncern IT",
    ):  # fmt: skip
        assert words in draft
    assert "Karen" not in draft, "no sender is named"
    assert "anmeld databruddet" in as_user(cast.mette).get(reverse("incident")).text


def affected(report, by):
    return breach.draft_notification(report, by).partition("berørt?\n")[2].partition("\n")[0]


def test_draft_counts_the_letters_that_are_chosen_for_the_report(cast, as_user, report):
    client, address = as_user(cast.mette), reverse("assess_breach", args=[report.pk])
    assert affected(report, cast.mette) == "Ved vi ikke endnu."
    client.post(address, NO | {"answer": "NOTIFY", "refs": f"{cast.plain.source_ref}, {cast.soon.source_ref}\n"})
    assert affected(report, cast.mette).startswith("2 breve til ")
    assert cast.soon.source_ref in client.get(reverse("breach")).text, "the next assessment begins with them"
    client.post(address, NO | {"answer": "NOTIFY", "seen": 1, "concerns_all": "on"})
    assert affected(report, cast.mette).startswith("Op mod 7 breve til ")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"refs": "B-99999 {known}"}, "Hændelsen har ikke B-99999."),
        ({"refs": "{known}", "concerns_all": "on"}, "Vælg enten alle breve eller enkelte breve."),
    ],
)
def test_letters_of_no_incident_are_refused(cast, as_user, report, wrong, words):
    posted = NO | wrong | {"refs": wrong["refs"].format(known=cast.plain.source_ref)}
    response = as_user(cast.mette).post(reverse("assess_breach", args=[report.pk]), posted)
    assert response.status_code == 422
    assert words in response.text
    assert not BreachAssessment.objects.exists()


def test_settled_report_is_assessed_again_and_refusal_about_telling_opens_no_assessment(cast, as_user, report):
    client, told = as_user(cast.mette), reverse("decide_information", args=[report.pk])
    client.post(reverse("assess_breach", args=[report.pk]), NO | {"concerns_all": "on"})
    page = client.get(f"{reverse('breach')}?brud={report.pk}").text
    assert "Vurdér igen" in page
    assert "Skal de berørte have besked?" in page
    refused = client.post(told, {"is_told": "nej"}).text
    assert refused.count('id="id_reason"') == 1
    assert 'href="#besked_reason"' in refused
    assert "Udkast til Datatilsynet" not in refused
    again = {"answer": "NOT_A_BREACH", "reason": "Alle er fundet.", "seen": 1}
    client.post(reverse("assess_breach", args=[report.pk]), again)
    assert BreachAssessment.objects.count() == 2
    assert "Skal de berørte have besked?" not in client.get(f"{reverse('breach')}?brud={report.pk}").text


def test_notification_settles_the_report(cast, as_user, report):
    breach.assess(report, "NOTIFY", "Der er en risiko.", 0, cast.mette)
    sent = date_fields("sent_on", date(2020, 1, 13)) | {"sent_clock": "9.30", "case_number": "2020-431-0001"}
    client = as_user(cast.mette)
    assert client.post(reverse("mark_breach_notified", args=[report.pk]), sent | {"sent_clock": ""}).status_code == 422
    client.post(reverse("mark_breach_notified", args=[report.pk]), sent)
    assert BreachNotification.objects.get().sent_at == at(2020, 1, 13, 9, 30)
    assert breach.clocks_of(read_story_rows(cast.incident), at(2020, 1, 13, 10))[0].is_settled
    assert "Bruddet er anmeldt til Datatilsynet." in client.get(reverse("incident")).text


def test_only_a_breach_that_was_assessed_and_discovered_is_notified(cast, as_user, report):
    client, notify = as_user(cast.mette), reverse("mark_breach_notified", args=[report.pk])
    sent = date_fields("sent_on", date(2020, 1, 13)) | {"sent_clock": "9.30"}
    assert notify not in client.get(reverse("breach")).text
    assert "Skriv først vurderingen" in client.post(notify, sent).text
    breach.assess(report, "NOTIFY", "Der er en risiko.", 0, cast.mette)
    early = client.post(notify, date_fields("sent_on", date(2019, 12, 30)) | {"sent_clock": "9.30"})
    assert "Det mulige brud var ikke opdaget endnu." in early.text
    assert not BreachNotification.objects.exists()


def test_second_press_adds_no_row(cast, as_user, report):
    client = as_user(cast.mette)
    for _ in range(2):
        client.post(reverse("report_breach"), REPORT)
    assert BreachReport.objects.count() == 2, "that of the fixture and this one"


def test_chosen_personnel_cases_do_not_tell_whether_they_are_about_the_same_person(cast, report):
    Letter.objects.filter(pk=cast.annes.pk).update(is_personnel_case=True)
    other = Letter.objects.filter(pk__in=[cast.annes.pk, cast.personnel.pk])
    said = set()
    for key in ("d" * 64, "e" * 64):
        Letter.objects.filter(pk=cast.personnel.pk).update(recipient_key="d" * 64)
        Letter.objects.filter(pk=cast.annes.pk).update(recipient_key=key)
        chosen = BreachAssessment(report=report, letters=[one.pk for one in other])
        said.add(breach.affected_sentence(chosen, cast.incident))
    [sentence] = said
    assert sentence.startswith("2 breve i 2 personalesager, sendt")
    with_plain = BreachAssessment(report=report, letters=[cast.annes.pk, cast.plain.pk])
    words = "2 breve til 1 borger og i 1 personalesag, sendt"
    assert breach.affected_sentence(with_plain, cast.incident).startswith(words)


def test_breach_of_a_closed_incident_is_reported_assessed_and_notified(cast, as_user, report):
    """The 72 hours run on after the closing (GDPR art. 33)."""
    incidents.set_status(cast.incident, Incident.Status.CLOSED, cast.mette, "Resten følges op i BUF.", ["1 melding"])
    client = as_user(cast.mette)
    page = address_under(cast.incident, reverse("breach"))
    assert client.get(page).text.count("data-runs-when-closed") == 2
    client.post(address_under(cast.incident, reverse("assess_breach", args=[report.pk])), NO)
    assert breach.clocks_of(read_story_rows(cast.incident), at(2020, 1, 13, 14, 5))[0].is_settled
    client.post(address_under(cast.incident, reverse("report_breach")), REPORT)
    assert BreachReport.objects.count() == 2
