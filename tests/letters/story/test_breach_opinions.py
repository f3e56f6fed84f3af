"""The opinion on a breach, whether the people affected are told (art. 34), and the register (GDPR art. 33(5))."""

from datetime import date
from io import BytesIO

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError
from django.urls import reverse
from openpyxl import load_workbook

from letters.incidents import address_under
from letters.models import BreachOpinion, BreachReport, IncidentContact, InformationDecision, Letter
from letters.story import breach
from letters.story.story_rows import read_story_rows
from sepo_incident.accounts.models import Membership
from tests.factories import at
from tests.letters.story.story_posts import date_fields

pytestmark = pytest.mark.usefixtures("monday")
TOLD = {"is_told": "ja", "reason": "En klagefrist er gået.", "text": "Dit brev kom ikke frem."}


@pytest.fixture
def report(cast):
    fields = {"text": "To borgere spørger.", "lost_availability": True, "by": cast.mette}
    return BreachReport.objects.create(incident=cast.incident, aware_at=at(2020, 1, 13, 8, 15), **fields)


@pytest.fixture
def assessed(cast, report):
    breach.assess(report, "NOTIFY", "Der er en risiko.", 0, cast.mette, concerns_all=True)
    return report


def clock_of(cast):
    return breach.clocks_of(read_story_rows(cast.incident), at(2020, 1, 13, 14))[0]


def decide(client, report, **fields):
    return client.post(reverse("decide_information", args=[report.pk]), fields)


def test_adviser_reads_the_figures_and_gives_an_opinion(cast, as_user, assessed):
    dina = as_user(cast.dina)
    page = dina.get(reverse("breach")).text
    assert "Op mod 7 breve til" in page
    assert "Der er en risiko." in page.partition("Din udtalelse")[0], "what Koncern IT answered comes first"
    assert "Karen" not in page
    assert "Gem vurderingen" not in page, "Koncern IT assesses"
    address = reverse("give_opinion", args=[assessed.pk])
    assert dina.post(address, {"text": " "}).status_code == 422
    dina.post(address, {"text": "Jeg anbefaler, at bruddet anmeldes."})
    assert BreachOpinion.objects.get().by == cast.dina
    again = dina.get(reverse("breach")).text
    assert "Jeg anbefaler, at bruddet anmeldes." in again.partition("Skriv en udtalelse mere")[0]
    read = as_user(cast.mette).get(reverse("breach")).text
    assert "Jeg anbefaler, at bruddet anmeldes." in read
    assert "skriver sin udtalelse" in as_user(cast.mette).get(reverse("incident")).text
    with transaction.atomic(), pytest.raises(InternalError):
        BreachOpinion.objects.update(text="Noget andet")


def test_opinion_on_a_report_that_is_settled_while_another_is_open(cast, as_user, report):
    breach.assess(report, "NOT_A_BREACH", "Intet er tabt.", 0, cast.mette)
    newer = {"incident": cast.incident, "aware_at": at(2020, 1, 13, 9), "text": "En borger til.", "by": cast.mette}
    BreachReport.objects.create(**newer)
    dina = as_user(cast.dina)
    give = reverse("give_opinion", args=[report.pk])
    assert give not in dina.get(reverse("breach")).text, "the page is about the open one"
    assert f'href="?brud={report.pk}"' in dina.get(reverse("breach")).text
    assert give in dina.get(breach.address_of(report)).text
    assert dina.post(give, {"text": "Enig."}).url == breach.address_of(report)
    assert dina.get(f"{reverse('breach')}?brud=nonsens").status_code == 200


def test_opinion_on_a_closed_incident(cast, as_user, assessed):
    """The 72 hours run on after the closing (GDPR art. 33)."""
    cast.incident.status = "CLOSED"
    cast.incident.save()
    as_user(cast.dina).post(address_under(cast.incident, reverse("give_opinion", args=[assessed.pk])), {"text": "Ja."})
    assert BreachOpinion.objects.exists()


def test_groups_are_the_categories_of_the_affected_letters(cast, assessed):
    Letter.objects.filter(pk=cast.plain.pk).update(category="Tandpleje")
    groups = {one.category: (one.letters, one.recipients) for one in breach.affected_groups(clock_of(cast))}
    assert groups["Tandpleje"] == (1, 1)
    assert groups["Personalesager"] == (1, 1)
    assert sum(letters for letters, _ in groups.values()) == 7


def test_recipients_of_chosen_personnel_cases_are_not_counted(cast, report):
    breach.assess(report, "NOTIFY", "Risiko.", 0, cast.mette, letters=[cast.personnel.pk, cast.plain.pk])
    groups = {one.category: one.recipients for one in breach.affected_groups(clock_of(cast))}
    assert groups.pop("Personalesager") is None
    assert list(groups.values()) == [1]


def test_nobody_is_affected_before_somebody_says_who(cast, as_user, report):
    assert breach.affected_groups(clock_of(cast)) == []
    assert "Koncern IT skriver først i vurderingen" in as_user(cast.mette).get(reverse("breach")).text
    assert decide(as_user(cast.mette), report, category="Personalesager", **TOLD).status_code == 422


def test_people_of_a_category_are_told_with_the_draft(cast, as_user, assessed):
    mette = as_user(cast.mette)
    draft = breach.draft_information(assessed, cast.mette)
    assert "To borgere spørger." in draft
    assert "Hvem og hvor mange er berørt?" not in draft, "no figures"
    assert "To borgere spørger." in mette.get(reverse("breach")).text
    sent = date_fields("told_on", date(2020, 1, 13))
    decide(mette, assessed, category="Personalesager", **TOLD, **sent)
    decision = InformationDecision.objects.get()
    assert (decision.is_told, decision.told_on) == (True, date(2020, 1, 13))
    assert "Sendt 13. januar 2020" in mette.get(reverse("breach")).text


def test_newest_answer_about_a_category_counts(cast, as_user, assessed):
    mette = as_user(cast.mette)
    decide(mette, assessed, category="Personalesager", **TOLD)
    decide(mette, assessed, category="Personalesager", **TOLD | {"is_told": "nej"})
    [decision] = clock_of(cast).information
    assert (decision.is_told, decision.text) == (False, ""), "the draft of the form is not kept"
    assert "modtagerne får ikke besked" in mette.get(reverse("breach")).text
    decide(mette, assessed, category="Personalesager", **TOLD)
    decide(mette, assessed, category="Personalesager", **TOLD)
    assert clock_of(cast).information[0].is_told
    assert InformationDecision.objects.count() == 3, "the second press adds nothing"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"text": ""}, "Skriv, hvad modtagerne får at vide."),
        ({"reason": " "}, "Skriv begrundelsen."),
        ({"is_told": ""}, "Svar ja eller nej."),
        ({"category": "Findes ikke"}, "Findes ikke"),
        (date_fields("told_on", date(2020, 1, 14)), "13"),
    ],
)
def test_incomplete_answers_are_refused(cast, as_user, assessed, wrong, words):
    response = decide(as_user(cast.mette), assessed, **{"category": "Personalesager"} | TOLD | wrong)
    assert response.status_code == 422
    assert words in response.text
    assert not InformationDecision.objects.exists()


def test_database_wants_the_text_of_what_people_are_told(cast, assessed):
    fields = {"report": assessed, "category": "Møder", "reason": "Risiko", "by": cast.mette}
    with transaction.atomic(), pytest.raises(IntegrityError, match="information_says_what"):
        InformationDecision.objects.create(is_told=True, **fields)


def test_register_lists_every_breach_and_is_a_file(cast, as_user, assessed):
    dina = as_user(cast.dina)
    dina.post(reverse("give_opinion", args=[assessed.pk]), {"text": "Anmeld det."})
    page = dina.get(reverse("breach_register"))
    assert "Brud, anmeldes" in page.text
    assert f'href="{address_under(cast.incident, reverse("breach"))}?brud={assessed.pk}"' in page.text
    answer = dina.get(reverse("breach_register"), {"hent": "xlsx"})
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).worksheets[0]
    heads, row = ([cell.value for cell in line] for line in list(sheet.rows)[:2])
    found = dict(zip(heads, row, strict=True))
    assert found["Begrundelse"] == "Der er en risiko."
    assert found["Databeskyttelsesrådgiverens udtalelse"] == "Anmeld det."
    assert found["Berørte breve"].startswith("Op mod 7 breve")


def test_empty_register_says_where_breaches_come_from(cast, as_user):
    assert "Koncern IT registrerer dem på hændelsens side." in as_user(cast.dina).get(reverse("breach_register")).text


def test_menu_counts_the_reports_without_an_opinion(cast, as_user, report):
    dina = as_user(cast.dina)
    menu = {line["page"]: line for line in dina.get(reverse("breach_register")).context["menu"]}
    assert (menu["breach_register"]["waiting"], menu["breach_register"]["is_current"]) == (1, True)
    dina.post(reverse("give_opinion", args=[report.pk]), {"text": "Set."})
    menu = {line["page"]: line for line in dina.get(reverse("breach")).context["menu"]}
    assert (menu["breach_register"]["waiting"], menu["breach_register"]["is_current"]) == (0, True)


def test_kit_is_told_that_nobody_can_be_mailed(cast, as_user):
    warning = "Databeskyttelsesrådgiveren får ikke besked"
    mette = as_user(cast.mette)
    assert warning not in mette.get(reverse("breach")).text
    Membership.objects.filter(role="ADVISER").delete()
    contact = IncidentContact.objects.create(
        incident=cast.incident, kind="ADVISER", title="Rådgiver", phone="3000 0301"
    )
    assert warning in mette.get(reverse("breach")).text, "a phone number gets no mail"
    IncidentContact.objects.filter(pk=contact.pk).update(email="dpo@kk.example")
    assert warning not in mette.get(reverse("breach")).text
