"""The pages behind the figures of a board: consequences, what is known about money, and hidden personnel cases."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from followups import services
from followups.models import FollowUp
from followups.reporting.consequences import MONEY_UNKNOWN, Harm, economy_parts
from letters.models import Letter
from tests.followups.decision_answers import HARM_HANDLED, HARM_UNHANDLED, RESENT, REVIEW_OPEN

pytestmark = pytest.mark.usefixtures("monday")


def page(client, name, unit, /, **choices):
    return client.get(reverse(name, args=[unit.pk]), choices)


@pytest.fixture
def harmed(cast):
    """Two parties with 1.250,50 kr. and handled, one open without an amount, and a personnel case with both parties."""
    services.decide(cast.passed, HARM_HANDLED, cast.karen, 0)
    services.decide(cast.plain, HARM_UNHANDLED, cast.karen, 0)
    services.decide(cast.personnel, HARM_HANDLED, cast.karen, 0)
    return cast


# --- Consequences -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choices", "rows"),
    [
        ({}, 3),
        ({"party": "MUNICIPALITY"}, 1),
        ({"state": "handled", "severity": "SOME"}, 2),
        ({"amount": "without"}, 1),
        ({"severity": "GRAVE"}, 0),
        ({"severity": "værst", "unit": "x", "page": "99"}, 3),
    ],
)
def test_consequences_are_filtered(harmed, as_user, choices, rows):
    response = page(as_user(harmed.birgitte), "board_consequences", harmed.buf, **choices)
    assert response.context["page_obj"].paginator.count == rows
    assert ("Ingen konsekvenser passer" in response.text) == (rows == 0)


def test_amount_of_both_parties_counts_once(harmed, as_user):
    text = page(as_user(harmed.birgitte), "board_consequences", harmed.buf, amount="with").text
    assert "2 konsekvenser af 3, 1.250,50 kr." in text


def test_list_of_an_administration_says_how_many_personnel_cases_only_the_report_counts(harmed, as_user):
    """Birgitte may not read the case: the report has five consequences and twice the kroner, her list three."""
    text = page(as_user(harmed.birgitte), "board_consequences", harmed.buf).text
    assert "Statusnotatet tæller 5 konsekvenser. To er i personalesager og vises ikke her." in text
    assert "Der er kendte beløb for 2.501 kr. i 2 breve." in text
    assert "sygefraværssamtale" not in text
    assert "sygefraværssamtale" in page(as_user(harmed.hanne), "board_consequences", harmed.root).text


def test_board_of_a_small_unit_does_not_point_at_a_personnel_case(harmed, as_user):
    """The number of one case would tell a colleague in the unit what the case holds."""
    text = page(as_user(harmed.birgitte), "board_consequences", harmed.svalevej).text
    assert "Statusnotatet tæller" not in text
    assert "Personalesager, du ikke må læse, er ikke talt med." in text
    assert "Statusnotatet tæller" not in page(as_user(harmed.birgitte), "board_all_figures", harmed.svalevej).text
    shown = page(as_user(harmed.birgitte), "board_all_figures", harmed.buf).text
    assert "Statusnotatet tæller også 1 personalesag" in shown


def test_empty_list_says_so(cast, as_user):
    text = page(as_user(cast.jens), "board_consequences", cast.svalevej).text
    assert "Ingen konsekvenser at vise" in text


# --- Money --------------------------------------------------------------------------------------------------------

HARM, COSTLY = (Harm(1, 1, "RECIPIENT", "SOME", amount, False) for amount in (None, Decimal(900)))


@pytest.mark.parametrize(
    ("harms", "unknown", "undecided", "sentence"),
    [
        ([], 0, 0, "Der er ikke oplyst økonomiske konsekvenser."),
        ([HARM], 0, 2, "Der er ikke oplyst økonomiske konsekvenser. 2 breve har ingen beslutning."),
        (
            *([HARM], 1, 0),
            "Det vides endnu ikke, om der er økonomiske konsekvenser. 1 brev har konsekvenser, der ikke er afklaret.",
        ),
        ([COSTLY], 0, 0, "Der er kendte beløb for 900 kr. i 1 brev."),
    ],
)
def test_no_known_cost_is_said_only_when_it_is_so(harms, unknown, undecided, sentence):
    assert "".join(text for text, _ in economy_parts(harms, unknown, undecided)) == sentence


def test_unknown_consequences_open_as_a_list(cast, as_user):
    services.decide(cast.plain, REVIEW_OPEN, cast.karen, 0)
    services.decide(cast.soon, RESENT, cast.karen, 0)
    text = page(as_user(cast.jens), "board_consequences", cast.svalevej).text
    assert MONEY_UNKNOWN in text
    assert f'href="/enhed/{cast.svalevej.pk}/?status=HARM_UNKNOWN#breve"' in text
    listed = page(as_user(cast.jens), "board", cast.svalevej, status="HARM_UNKNOWN").context["page_obj"]
    assert [one.pk for one in listed] == [cast.plain.pk]


# --- Filters that reveal ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choices", [{"recipient": "EMPLOYEE"}, {"status": "HARM"}, {"status": "GONE"}])
def test_filters_do_not_reveal_a_personnel_case(cast, as_user, choices):
    services.decide(cast.personnel, HARM_HANDLED, cast.karen, 0)
    FollowUp.objects.filter(letter=cast.annes).update(due_on=None)
    assert Letter.objects.filter(recipient_kind="EMPLOYEE").get() == cast.personnel
    hidden = page(as_user(cast.birgitte), "board", cast.buf, **choices).context["page_obj"]
    assert hidden.paginator.count == 0
    shown = page(as_user(cast.jens), "board", cast.svalevej, **choices).context["page_obj"]
    assert [one.pk for one in shown] == ([] if choices == {"status": "GONE"} else [cast.personnel.pk])
