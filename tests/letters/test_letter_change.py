"""Every fact that a list changes is recorded in a LetterChange, and the history describes the change in Danish."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups import services
from followups.letter import history, letter_page
from followups.models import FollowUp
from letters.models import Letter, LetterChange
from tests.followups.decision_answers import RESENT
from tests.letters.imported_letters import letter_by_number
from tests.letters.list_files import csv, row, xlsx

pytestmark = pytest.mark.django_db
Kind = LetterChange.Kind


def visible_letter(person, number: int = 1) -> Letter:
    return Letter.objects.visible_to(person).get(source_ref=f"B-{number}")


def history_texts(person, number: int = 1) -> list[str]:
    return [event.text for event in history.letter_events(visible_letter(person, number), person)]


def test_changed_letter_records_exactly_the_differences(cast, import_file):
    import_file(xlsx(row(1), row(2)))
    batch = import_file(csv(row(1, Afsender="Anne Østergaard", Afsenders_e_mail="anne@kk.example"), row(2)))
    change = LetterChange.objects.get()
    assert (change.letter, change.kind, change.batch, change.by) == (
        letter_by_number(),
        Kind.CHANGED,
        batch,
        cast.mette,
    )
    assert change.before == {"sender_id": cast.karen.pk, "sender_name": "Karen Bülow Møller"}
    assert change.after == {"sender_id": cast.anne.pk, "sender_name": "Anne Østergaard"}


def test_change_queries_do_not_grow_with_letters(import_file):
    """The statement that updates the letters also writes the changes."""
    import_file(xlsx(*(row(n) for n in range(11))))
    queries = []
    for rows in ([row(0, Emne="Nyt")], [row(n, Emne="Nyere") for n in range(1, 11)]):
        with CaptureQueriesContext(connection) as captured:
            import_file(csv(*rows))
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
        (
            {"Sendt": "12-12-2019 08:00", "Emne": ""},
            "Koncern IT rettede tidspunktet fra onsdag den 11. december 2019 kl. 09.14 til torsdag den 12. december "
            "2019 kl. 08.00 og emnet fra »Partshøring om udeblivelse« til intet emne efter en ny liste.",
        ),
        (
            {"Modtagertype": "Medarbejder"},
            "Koncern IT rettede modtagertypen fra borger til medarbejder og gjorde brevet til en personalesag efter en "
            "ny liste.",
        ),
    ],
)
def test_history_describes_a_change(cast, import_file, cells, sentence):
    import_file(xlsx(row(1)))
    import_file(csv(row(1, **cells)))
    assert history_texts(cast.jens if cells.get("Afsender") else cast.karen)[0] == sentence


def test_history_hides_personnel_subjects(cast, import_file):
    import_file(xlsx(row(1, Modtagertype="Medarbejder", Emne="")))
    import_file(csv(row(1, Modtagertype="Medarbejder", Emne="Påtænkt afsked")))
    visible = "Koncern IT rettede emnet fra intet emne til »Påtænkt afsked« efter en ny liste."
    hidden = "Koncern IT rettede emnet efter en ny liste."
    assert history_texts(cast.hanne)[0] == visible
    assert history_texts(cast.karen)[0] == visible
    assert [history_texts(person)[0] for person in (cast.mette, cast.birgitte)] == [hidden] * 2


@pytest.fixture
def decided(cast, import_file) -> FollowUp:
    import_file(xlsx(row(1)))
    services.open_followups(cast.incident)
    return services.decide(letter_by_number(), RESENT, cast.karen, version=0)


def test_decided_letter_shows_an_alert_about_the_correction(cast, decided, import_file, as_user):
    import_file(csv(row(1, Emne="Et andet emne")))
    decided.refresh_from_db()
    assert (decided.status, decided.version) == (FollowUp.Status.DONE, 1)
    for person in (cast.karen, cast.jens):
        text = as_user(person).get(reverse("letter", args=[letter_by_number().pk])).text
        assert "Listen er rettet efter beslutningen" in text


def test_alert_ends_with_a_new_decision_or_confirmation(cast, decided, import_file):
    import_file(csv(row(1, Emne="Et andet emne")))
    assert letter_page.changed_by_list_at(decided) == LetterChange.objects.get().at
    services.confirm_letter(letter_by_number(), cast.jens, version=1)
    assert letter_page.changed_by_list_at(letter_by_number().followup) is None
