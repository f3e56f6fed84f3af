"""Nothing changes until somebody has chosen it: all changes, none, or those that are ticked."""

import pytest
from django.urls import reverse

from followups import services
from followups.models.answers import DecisionAnswers
from letters.importing import batches
from letters.importing.plan import change_selection, letter_comparison
from letters.models import ImportBatch, Letter, LetterChange
from sepo_incident.accounts.models import Unit, User
from tests.letters.lists import confirmed, csv, row, xlsx

pytestmark = pytest.mark.django_db
Take = ImportBatch.Take
AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


@pytest.fixture
def rings(monkeypatch):
    """What is rung for is done at once, instead of by a worker."""
    monkeypatch.setattr(
        "sepo_incident.core.task_queue.enqueue_on_commit", lambda task, args: batches.commit_batch(*args)
    )


@pytest.fixture
def revised(take_in) -> ImportBatch:
    """A checked list with three changed letters and a new one."""
    take_in(xlsx(row(1), row(2), row(3)))
    return take_in(csv(*(row(n, Emne=f"Nyt emne {n}") for n in (1, 2, 3)), row(4)), commit=False)


def subjects() -> list[str]:
    letters = Letter.objects.filter(source_ref__regex="^B-[1-4]$")
    return list(letters.order_by("source_ref").values_list("subject", flat=True))


def ids(batch: ImportBatch, *numbers: int) -> list[int]:
    return list(batch.rows.filter(source_ref__in=[f"B-{n}" for n in numbers]).values_list("pk", flat=True))


def commit(batch: ImportBatch, takes: str) -> None:
    assert batches.request_commit(batch, by=None, takes=takes)
    batches.commit_batch(batch.pk)
    batch.refresh_from_db()


OLD = "Partshøring om udeblivelse"


@pytest.mark.parametrize(
    ("takes", "expected", "left"),
    [
        (Take.ALL, ["Nyt emne 1", "Nyt emne 2", "Nyt emne 3", OLD], 0),
        (Take.NONE, [OLD] * 4, 3),
        (Take.CHOSEN, [OLD, "Nyt emne 2", OLD, OLD], 2),
    ],
)
def test_only_what_is_taken_changes_and_the_rest_is_counted(revised, takes, expected, left):
    change_selection.choose_changes(revised, ids(revised, 1, 2, 3), ids(revised, 2))
    commit(revised, takes)
    assert subjects() == expected
    counts = letter_comparison.count_rows(revised)
    assert (counts.new, counts.changed, counts.left, counts.coming) == (1, 3, left, 4 - left)
    assert LetterChange.objects.count() == 3 - left


def test_a_change_that_is_left_makes_no_unit_and_no_person(take_in):
    take_in(xlsx(row(1)))
    elsewhere = {"Enhed": "Et helt nyt sted", "Afsenders_e_mail": "ny@kk.example", "Leders_e_mail": "chef@kk.example"}
    batch = take_in(csv(row(1, **elsewhere), row(2)), commit=False)
    before = (Unit.objects.count(), User.objects.count())
    commit(batch, Take.NONE)
    assert (Unit.objects.count(), User.objects.count()) == before
    assert Letter.objects.filter(source_ref="B-2").exists()


def test_what_was_left_is_a_change_again_on_the_next_list(revised, take_in):
    commit(revised, Take.NONE)
    again = take_in(xlsx(*(row(n, Emne=f"Nyt emne {n}") for n in (1, 2, 3))), commit=False)
    assert letter_comparison.count_rows(again).changed == 3


def test_the_choice_is_asked_for_and_nothing_happens_without_it(kit, revised, rings):
    page = kit.post(reverse("commit_batch", args=[revised.pk]), confirmed(revised))
    assert page.status_code == 422
    assert "Kun dem, jeg har valgt" not in page.content.decode(), "none is"
    assert "Vælg, hvad der skal ske med de ændrede breve." in page.content.decode()
    revised.refresh_from_db()
    assert revised.status == "CHECKED"


def test_a_list_that_changes_nothing_asks_nothing(kit, take_in, rings):
    batch = take_in(xlsx(row(1)), commit=False)
    assert "Hvad skal der ske" not in kit.get(reverse("import_batch", args=[batch.pk])).content.decode()
    kit.post(reverse("commit_batch", args=[batch.pk]), confirmed(batch))
    assert Letter.objects.filter(source_ref="B-1").exists()


def test_from_the_page_of_changes_to_the_letters(kit, revised, rings):
    url = reverse("changed_letters", args=[revised.pk])
    page = kit.get(url)
    assert [one.row.source_ref for one in page.context["revised"]] == ["B-1", "B-2", "B-3"]
    [fact] = page.context["revised"][0].facts
    assert fact == ("Emne", OLD, "Nyt emne 1")
    said = kit.post(url, {"vist": ids(revised, 1, 2, 3), "valgt": ids(revised, 1, 3)}, follow=True).content.decode()
    assert "2 af 3 ændringer er valgt." in said
    check = kit.get(reverse("import_batch", args=[revised.pk])).content.decode()
    assert "Kun dem, jeg har valgt (2)" in check
    assert kit.get(reverse("import_batch", args=[revised.pk])).context["form"]["aendringer"].value() == Take.CHOSEN
    kit.post(reverse("commit_batch", args=[revised.pk]), {"aendringer": "CHOSEN", **confirmed(revised)})
    assert subjects() == ["Nyt emne 1", OLD, "Nyt emne 3", OLD]
    after = kit.get(url)
    assert [one.is_taken for one in after.context["revised"]] == [True, False, True]
    assert "1 ændring blev ikke taget med" in after.content.decode()


def test_rows_of_other_pages_keep_their_tick(kit, revised):
    url = reverse("changed_letters", args=[revised.pk])
    kit.post(url, {"vist": ids(revised, 1), "valgt": ids(revised, 1)})
    kit.post(url, {"vist": ids(revised, 2, 3), "valgt": ids(revised, 3)})
    kit.post(url, {"vist": ids(revised, 3)})
    assert list(revised.rows.filter(is_chosen=True).values_list("source_ref", flat=True)) == ["B-1"]


def test_all_and_none_with_a_button_and_only_changes_can_be_chosen(kit, revised):
    url = reverse("changed_letters", args=[revised.pk])
    kit.post(url, {"alle": "ja"})
    assert revised.rows.filter(is_chosen=True).count() == 3
    kit.post(url, {"alle": "nej"})
    assert revised.rows.filter(is_chosen=True).count() == 0
    kit.post(url, {"vist": ids(revised, 4), "valgt": [*ids(revised, 4), "x", "9" * 30]})
    assert revised.rows.filter(is_chosen=True).count() == 0


def test_a_letter_with_a_decision_is_marked_and_keeps_it(cast, kit, revised, rings):
    services.open_followups(cast.incident)
    decided = services.decide(Letter.objects.get(source_ref="B-2"), AGAIN, cast.karen, version=0)
    url = reverse("changed_letters", args=[revised.pk])
    page = kit.get(url)
    assert [one.is_decided for one in page.context["revised"]] == [False, True, False]
    assert page.content.decode().count("Har allerede en beslutning") == 1
    assert [one.row.source_ref for one in kit.get(url, {"vis": "besluttede"}).context["revised"]] == ["B-2"]
    commit(revised, Take.ALL)
    decided.refresh_from_db()
    assert (decided.status, decided.letter.subject) == ("DONE", "Nyt emne 2")


def test_a_list_on_its_way_in_takes_no_more_choices(kit, revised):
    batches.request_commit(revised, by=None, takes=Take.CHOSEN)
    page = kit.post(reverse("changed_letters", args=[revised.pk]), {"alle": "ja"}, follow=True)
    assert "venter ikke længere på et valg" in page.content.decode()
    assert not revised.rows.filter(is_chosen=True).exists()


def test_the_subject_of_a_personnel_case_is_hidden_from_kit(kit, take_in):
    take_in(xlsx(row(1, Modtagertype="Medarbejder", Emne="Tjenstlig samtale")))
    batch = take_in(csv(row(1, Modtagertype="Medarbejder", Emne="Påtænkt afsked")), commit=False)
    text = kit.get(reverse("changed_letters", args=[batch.pk])).content.decode()
    assert "Personalesag (emne skjult)" in text
    assert "Tjenstlig" not in text
    assert "afsked" not in text


def test_fifty_a_page_with_few_queries(kit, take_in, django_assert_max_num_queries):
    take_in(xlsx(*(row(n) for n in range(120))))
    batch = take_in(csv(*(row(n, Emne="Nyt") for n in range(120))), commit=False)
    url = reverse("changed_letters", args=[batch.pk])
    with django_assert_max_num_queries(14):
        page = kit.get(url, {"page": 2})
    assert len(page.context["revised"]) == 50
    assert "Viser 51–100 af 120 ændringer" in page.content.decode()
    shown = [one.row.pk for one in page.context["revised"]]
    answer = kit.post(f"{url}?page=2", {"vist": shown, "valgt": shown, "side": "3"})
    assert answer.url == f"{url}?page=3#aendringer"


def test_a_list_without_changes_says_so_and_an_unknown_look_is_no_page(kit, take_in):
    batch = take_in(xlsx(row(1)), commit=False)
    url = reverse("changed_letters", args=[batch.pk])
    assert "Listen ændrer ingen breve" in kit.get(url).content.decode()
    assert kit.get(url, {"vis": "noget"}).status_code == 404
