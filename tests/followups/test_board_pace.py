"""The banner: honest words in every situation."""

from datetime import date, timedelta

import pytest

from followups import deadlines, pace
from followups.figures import Tally
from sepo_incident import charts

FIRST, DEADLINE, MONDAY = date(2020, 1, 7), date(2020, 1, 15), date(2020, 1, 13)


def curve(total, left, today=MONDAY):
    days = [(FIRST + timedelta(days=n), total) for n in range((today - FIRST).days)]
    return charts.burn_down([*days, (today, left)], total, DEADLINE, deadlines.is_working_day)


def banner(today=MONDAY, opened=True, **counted):
    numbers = Tally(counted)
    return pace.banner(
        numbers, curve(counted["ALL"], counted.get("OPEN", 0), today) if opened else None, DEADLINE, today
    )


def test_behind():
    said = banner(ALL=1600, OPEN=612, CONFIRMED=988)
    assert said.tone == "warning"
    assert said.heading == "Frist onsdag den 15. januar – om 2 dage. I er bagud med 79 breve"
    assert said.text == (
        "612 af 1.600 breve mangler en beslutning. For at nå det skal der klares cirka 204 om dagen på de tre "
        "arbejdsdage, der er tilbage. Hidtil har I klaret cirka 198 om dagen."
    )


def test_the_first_day_is_calm():
    said = banner(FIRST, ALL=20, OPEN=20)
    assert (said.tone, said.heading.endswith("I er lige begyndt")) == ("info", True)
    assert "Hidtil" not in said.text


def test_a_pace_that_is_too_slow_is_said():
    """On the second day the plan asks for little, but two a day are fewer than it takes."""
    said = banner(date(2020, 1, 8), ALL=20, OPEN=17, CONFIRMED=3)
    assert (said.tone, said.heading.endswith("I når det ikke i det tempo")) == ("warning", True)
    assert "klares cirka 3 om dagen" in said.text
    assert "Hidtil har I klaret cirka 2 om dagen" in said.text


def test_on_plan():
    said = banner(ALL=1600, OPEN=400, DECIDED=40, CONFIRMED=1160)
    assert (said.tone, said.heading) == ("info", "Frist onsdag den 15. januar – om 2 dage. I følger planen")
    assert said.text.startswith("400 af 1.600 breve mangler en beslutning, og 40 er besluttet, men ikke sendt.")


@pytest.mark.parametrize(
    ("today", "heading"),
    [
        (date(2020, 1, 15), "Frist onsdag den 15. januar – i dag. I er bagud med 1 brev"),
        (date(2020, 1, 16), "Fristen var onsdag den 15. januar – i går. 1 brev mangler stadig en beslutning"),
    ],
)
def test_the_deadline_is_the_end_of_its_day(today, heading):
    assert banner(today, ALL=10, OPEN=1, CONFIRMED=9).heading == heading


def test_not_opened():
    said = banner(opened=False, ALL=12, OPEN=12)
    assert said.heading == "Opfølgningen er ikke åbnet endnu"
    assert said.text.startswith("12 breve står på listen.")


def test_decided_but_not_all_confirmed():
    said = banner(ALL=20, DECIDED=3, DONE=2, CONFIRMED=15)
    assert said.heading == "Alle breve har en beslutning"
    assert "3 er ikke sendt endnu og 2 venter på lederens bekræftelse" in said.text


def test_finished():
    assert banner(ALL=20, CONFIRMED=20).heading == "I er færdige"
