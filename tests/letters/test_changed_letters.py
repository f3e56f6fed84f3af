"""Changed letters of a list: all changes or none are committed."""

import pytest
from django.urls import reverse

from followups import services
from letters.importing import batches
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Letter, LetterChange
from sepo_incident.accounts.models import Unit, User
from tests.followups.decision_answers import RESENT
from tests.letters.list_files import confirmed_totals, csv, row, xlsx

pytestmark = pytest.mark.django_db


@pytest.fixture
def revised_batch(import_file) -> ImportBatch:
    """A checked list with three changed letters and a new letter."""
    import_file(xlsx(row(1), row(2), row(3)))
    return import_file(csv(*(row(n, Emne=f"Nyt emne {n}") for n in (1, 2, 3)), row(4)), commit=False)


def subjects() -> list[str]:
    letters = Letter.objects.filter(source_ref__regex="^B-[1-4]$")
    return list(letters.order_by("source_ref").values_list("subject", flat=True))


def commit(batch: ImportBatch, *, takes_changes: bool) -> None:
    assert batches.request_commit(batch, by=None, takes_changes=takes_changes)
    batches.commit_batch(batch.pk)
    batch.refresh_from_db()


OLD_SUBJECT = "Partshøring om udeblivelse"


@pytest.mark.parametrize(
    ("takes_changes", "expected", "not_applied"),
    [(True, ["Nyt emne 1", "Nyt emne 2", "Nyt emne 3", OLD_SUBJECT], 0), (False, [OLD_SUBJECT] * 4, 3)],
)
def test_all_or_no_changes_are_committed(kit_client, revised_batch, takes_changes, expected, not_applied):
    commit(revised_batch, takes_changes=takes_changes)
    assert subjects() == expected
    counts = letter_comparison.count_rows(revised_batch)
    assert (counts.new, counts.changed, counts.not_applied, counts.coming) == (1, 3, not_applied, 4 - not_applied)
    assert LetterChange.objects.count() == 3 - not_applied
    page = kit_client.get(reverse("changed_letters", args=[revised_batch.pk]))
    assert page.context["changed_letters"][0].facts == [("Emne", OLD_SUBJECT, "Nyt emne 1")]
    assert ("De kom ikke med." in page.text) is not takes_changes


def test_skipped_change_creates_no_unit_and_no_person(import_file):
    import_file(xlsx(row(1)))
    elsewhere = {"Enhed": "Et helt nyt sted", "Afsenders_e_mail": "ny@kk.example", "Leders_e_mail": "chef@kk.example"}
    batch = import_file(csv(row(1, **elsewhere), row(2)), commit=False)
    before = (Unit.objects.count(), User.objects.count())
    commit(batch, takes_changes=False)
    assert (Unit.objects.count(), User.objects.count()) == before
    assert Letter.objects.filter(source_ref="B-2").exists()


def test_skipped_change_returns_on_the_next_list(revised_batch, import_file):
    commit(revised_batch, takes_changes=False)
    again = import_file(xlsx(*(row(n, Emne=f"Nyt emne {n}") for n in (1, 2, 3))), commit=False)
    assert letter_comparison.count_rows(again).changed == 3


def test_commit_requires_a_choice_about_changes(kit_client, revised_batch, enqueued_tasks):
    page = kit_client.post(reverse("commit_batch", args=[revised_batch.pk]), confirmed_totals(revised_batch))
    assert page.status_code == 422
    assert "Vælg, om ændringerne skal med." in page.text
    revised_batch.refresh_from_db()
    assert revised_batch.status == "CHECKED"


def test_list_without_changes_needs_no_choice(kit_client, import_file, enqueued_tasks):
    batch = import_file(xlsx(row(1)), commit=False)
    assert "Skal ændringerne med?" not in kit_client.get(reverse("import_batch", args=[batch.pk])).text
    kit_client.post(reverse("commit_batch", args=[batch.pk]), confirmed_totals(batch))
    assert Letter.objects.filter(source_ref="B-1").exists()


def test_decided_letter_is_marked_and_keeps_its_decision(cast, kit_client, revised_batch, enqueued_tasks):
    services.open_followups(cast.incident)
    decided = services.decide(Letter.objects.get(source_ref="B-2"), RESENT, cast.karen, version=0)
    url = reverse("changed_letters", args=[revised_batch.pk])
    page = kit_client.get(url)
    assert [one.is_decided for one in page.context["changed_letters"]] == [False, True, False]
    assert page.text.count("Har allerede en beslutning") == 1
    commit(revised_batch, takes_changes=True)
    decided.refresh_from_db()
    assert (decided.status, decided.letter.subject) == ("DONE", "Nyt emne 2")


def test_changes_page_hides_personnel_subjects(kit_client, import_file):
    import_file(xlsx(row(1, Modtagertype="Medarbejder", Emne="")))
    batch = import_file(csv(row(1, Modtagertype="Medarbejder", Emne="Påtænkt afsked")), commit=False)
    text = kit_client.get(reverse("changed_letters", args=[batch.pk])).text
    assert "Personalesag (emne skjult)" in text
    assert "afsked" not in text


def test_changes_page_is_paginated_with_few_queries(kit_client, import_file, django_assert_max_num_queries):
    import_file(xlsx(*(row(n) for n in range(120))))
    batch = import_file(csv(*(row(n, Emne="Nyt") for n in range(120))), commit=False)
    url = reverse("changed_letters", args=[batch.pk])
    with django_assert_max_num_queries(12):
        page = kit_client.get(url, {"page": 2})
    assert len(page.context["changed_letters"]) == 50
    assert "Viser 51–100 af 120 ændringer" in page.text


def test_list_without_changes_says_so(kit_client, import_file):
    batch = import_file(xlsx(row(1)), commit=False)
    url = reverse("changed_letters", args=[batch.pk])
    assert "Listen ændrer ingen breve" in kit_client.get(url).text
