"""Every fact that a list alters leaves a line in the letter's ledger, and the line tells it in Danish."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups import services
from followups.letter import history, letter_page
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers
from letters.models import Letter, LetterChange
from tests.letters.lists import csv, row, xlsx

pytestmark = pytest.mark.django_db
Kind = LetterChange.Kind
AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")


def letter(number: int = 1) -> Letter:
    return Letter.objects.get(source_ref=f"B-{number}")


def seen_by(person, number: int = 1) -> Letter:
    return Letter.objects.visible_to(person).get(source_ref=f"B-{number}")


def told_to(person, number: int = 1) -> list[str]:
    return [event.text for event in history.letter_events(seen_by(person, number), person)]


def test_new_and_known_letters_leave_no_line(take_in):
    take_in(xlsx(row(1), row(2)))
    take_in(csv(row(1), row(2)))
    assert not LetterChange.objects.exists()


def test_a_changed_letter_has_a_line_with_exactly_what_differs(cast, take_in):
    take_in(xlsx(row(1), row(2)))
    batch = take_in(csv(row(1, Afsender="Anne Østergaard", Afsenders_e_mail="anne@kk.example"), row(2)))
    change = LetterChange.objects.get()
    assert (change.letter, change.kind, change.batch, change.by) == (letter(), Kind.CHANGED, batch, cast.mette)
    assert change.before == {"sender_id": cast.karen.pk, "sender_name": "Karen Bülow Møller"}
    assert change.after == {"sender_id": cast.anne.pk, "sender_name": "Anne Østergaard"}


def test_ten_changes_are_as_many_statements_as_one(take_in):
    """The ledger is written by the statement that alters the letters."""
    take_in(xlsx(*(row(n) for n in range(11))))
    queries = []
    for rows in ([row(0, Emne="Nyt")], [row(n, Emne="Nyere") for n in range(1, 11)]):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            take_in(csv(*rows))
        queries.append(len(captured))
    assert queries[0] == queries[1]
    assert LetterChange.objects.count() == 11


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (
            {"Afsender": "Anne Østergaard", "Afsenders_e_mail": "anne@kk.example"},
            "Koncern IT rettede afsenderen fra Karen Bülow Møller til Anne Østergaard efter en ny liste.",
        ),
        ({"Leder": "", "Leders_e_mail": ""}, "Koncern IT rettede lederen fra Jens Ågård til ingen efter en ny liste."),
        (
            {"Enhed": "Lærkeparkens Skole"},
            "Koncern IT rettede enheden fra Svalevejens Skole til Lærkeparkens Skole efter en ny liste.",
        ),
        (
            {"Sendt": "12-12-2019 08:00", "Emne": ""},
            "Koncern IT rettede tidspunktet fra onsdag den 11. december 2019 kl. 09.14 til torsdag den 12. december "
            "2019 kl. 08.00 og emnet fra »Partshøring om udeblivelse« til intet emne efter en ny liste.",
        ),
        ({"Modtagertype": ""}, "Koncern IT rettede modtagertypen fra borger til ukendt modtager efter en ny liste."),
        (
            {"Modtagertype": "Medarbejder"},
            "Koncern IT rettede modtagertypen fra borger til medarbejder og gjorde brevet til en personalesag efter en "
            "ny liste.",
        ),
    ],
)
def test_the_history_tells_a_change_in_words(cast, take_in, cells, sentence):
    take_in(xlsx(row(1)))
    take_in(csv(row(1, **cells)))
    assert told_to(cast.jens if cells.get("Afsender") else cast.karen)[0] == sentence


def test_the_subject_of_a_personnel_case_is_told_only_to_who_may_read_it(cast, take_in):
    take_in(xlsx(row(1, Modtagertype="Medarbejder", Emne="Tjenstlig samtale")))
    take_in(csv(row(1, Modtagertype="Medarbejder", Emne="Påtænkt afsked")))
    told = "Koncern IT rettede emnet fra »Tjenstlig samtale« til »Påtænkt afsked« efter en ny liste."
    hidden = "Koncern IT rettede emnet efter en ny liste."
    assert [told_to(person)[0] for person in (cast.karen, cast.hanne)] == [told] * 2
    assert [told_to(person)[0] for person in (cast.mette, cast.birgitte)] == [hidden] * 2


def test_what_a_personnel_case_was_called_stays_secret_when_it_is_none_any_more(cast, take_in):
    take_in(xlsx(row(1, Modtagertype="Medarbejder", Emne="Tjenstlig samtale")))
    take_in(csv(row(1, Emne="Pjece")))
    assert "Tjenstlig" not in " ".join(told_to(cast.mette))
    assert told_to(cast.mette)[0] == (
        "Koncern IT rettede modtagertypen fra medarbejder til borger og emnet og gjorde brevet ikke længere til en "
        "personalesag efter en ny liste."
    )


def test_an_undecided_letter_shows_the_change_and_no_alert(cast, take_in, as_user):
    take_in(xlsx(row(1)))
    services.open_followups(cast.incident)
    take_in(csv(row(1, Emne="Et andet emne")))
    page = as_user(cast.karen).get(reverse("letter", args=[letter().pk]))
    assert "til »Et andet emne« efter en ny liste" in page.content.decode()
    assert page.context["corrected_at"] is None


@pytest.fixture
def decided(cast, take_in) -> FollowUp:
    take_in(xlsx(row(1)))
    services.open_followups(cast.incident)
    return services.decide(letter(), AGAIN, cast.karen, version=0)


def test_a_decided_letter_keeps_its_decision_and_says_that_the_list_was_corrected(cast, decided, take_in, as_user):
    take_in(csv(row(1, Emne="Et andet emne")))
    decided.refresh_from_db()
    assert (decided.status, decided.version) == (FollowUp.Status.DONE, 1)
    for person, words in (
        (cast.karen, "efter at du besluttede"),
        (cast.jens, f"efter at {cast.karen.name} besluttede"),
    ):
        assert words in as_user(person).get(reverse("letter", args=[letter().pk])).content.decode()


def test_the_alert_goes_when_somebody_has_decided_again_or_confirmed(cast, decided, take_in):
    take_in(csv(row(1, Emne="Et andet emne")))
    assert letter_page.corrected_by_list_at(decided) == LetterChange.objects.get().at
    services.confirm_letter(letter(), cast.jens, version=1)
    assert letter_page.corrected_by_list_at(decided) is None
