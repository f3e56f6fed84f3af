"""A list can be taken back until somebody has decided about its letters; what a later list says stays."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.urls import reverse

from followups import services
from followups.letter import history
from followups.models.answers import DecisionAnswers
from letters import reclassification
from letters.importing import batches
from letters.importing.commit import undo_import, withdraw_letters
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Letter, LetterChange
from notifications.alarms import reconciliation
from sepo_incident.accounts.models import Membership, Unit, User
from tests.letters.lists import csv, row, xlsx

pytestmark = pytest.mark.django_db
Status = ImportBatch.Status
AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")
OLD = "Partshøring om udeblivelse"


def letter(number: int = 1) -> Letter:
    return Letter.objects.get(source_ref=f"B-{number}")


def standing() -> set[str]:
    ours = Letter.objects.active().filter(source_ref__regex=r"^B-\d$")
    return set(ours.values_list("source_ref", flat=True))


def facts() -> list[tuple]:
    return list(Letter.objects.order_by("pk").values_list())


@pytest.fixture(autouse=True)
def sums_agree_afterwards(db):
    yield
    wrong = [str(one) for one in reconciliation.all_sums() if not one.agrees]
    assert wrong == []


def test_new_letters_are_withdrawn_with_a_line_that_says_why(cast, take_in):
    batch = take_in(xlsx(row(1), row(2)))
    before = (User.objects.count(), Unit.objects.count())
    assert undo_import.undo_batch(batch, by=cast.mette)
    assert standing() == set()
    assert (batch.status, batch.undone_by) == (Status.UNDONE, cast.mette)
    lines = LetterChange.objects.values_list("kind", "reason", "by", "batch")
    assert list(lines) == [("WITHDRAWN", undo_import.UNDO_REASON, cast.mette.pk, batch.pk)] * 2
    assert (User.objects.count(), Unit.objects.count()) == before
    seen = Letter.objects.visible_to(cast.karen).get(source_ref="B-1")
    assert (
        history.letter_events(seen, cast.karen)[0].text == "Mette Dahl trak brevet tilbage: »Indlæsningen er fortrudt«"
    )


@pytest.mark.parametrize(
    "cells",
    [
        {"Emne": "Nyt emne den 10. januar"},
        {"Sendt": "12-12-2019 08:00", "Emne": ""},
        {"Leder": "", "Leders_e_mail": "", "Enhed": "Lærkeparkens Skole"},
        {"Afsender": "Ny Person", "Afsenders_e_mail": "ny@kk.example"},
        {"Modtagertype": "", "Modtager": "en@anden.example"},
    ],
    ids=["subject", "moment", "leader and unit", "sender", "recipient"],
)
def test_what_it_changed_is_exactly_as_it_was(take_in, cells):
    take_in(xlsx(row(1), row(2)))
    before = facts()
    batch = take_in(csv(row(1, **cells), row(2)))
    assert facts() != before
    undo_import.undo_batch(batch, by=None)
    assert facts() == before
    assert list(LetterChange.objects.values_list("kind", "reason")) == [
        ("CHANGED", ""),
        ("CHANGED", undo_import.UNDO_REASON),
    ]


def test_no_personnel_case_becomes_public_and_a_persons_word_stands(cast, take_in):
    take_in(xlsx(row(1), row(2)))
    batch = take_in(csv(*(row(n, Emne="Tjenstlig samtale") for n in (1, 2))))
    reclassification.classify_letter(letter(2), "Møder", True, by=cast.karen)
    undo_import.undo_batch(batch, by=None)
    assert [(letter(n).subject, letter(n).is_personnel_case) for n in (1, 2)] == [(OLD, True)] * 2
    assert [letter(n).category for n in (1, 2)] == ["Høringer", "Møder"]


def test_what_becomes_a_personnel_case_again_is_hidden_in_the_list_that_made_it_public(kit, take_in):
    take_in(xlsx(row(1, Modtagertype="Medarbejder")))
    batch = take_in(csv(row(1)))
    assert not letter().is_personnel_case
    undo_import.undo_batch(batch, by=None)
    assert letter().is_personnel_case
    assert OLD not in kit.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"}).text


def test_the_page_says_which_letters_stay_personnel_cases_and_a_corrected_list_opens_them(kit, take_in):
    take_in(xlsx(row(1), row(2), row(3)))
    batch = take_in(csv(*(row(n, Modtagertype="Medarbejder") for n in (1, 2)), row(3, Emne="Nyt"), row(4)))
    said = kit.get(reverse("undo_batch", args=[batch.pk])).text
    assert "<strong>2 breve</strong>, som listen gjorde til personalesager, bliver ved med at være det" in said
    take_in(xlsx(row(1), row(2, Modtagertype="Medarbejder")))
    assert [letter(n).is_personnel_case for n in (1, 2)] == [False, True]


def test_leaders_follow(cast, take_in):
    take_in(xlsx(row(1)))
    batch = take_in(csv(row(1, Leders_e_mail="anne@kk.example")))
    assert Membership.objects.filter(user=cast.anne, role="LEADER").exists()
    undo_import.undo_batch(batch, by=None)
    assert not Membership.objects.filter(user=cast.anne, role="LEADER").exists()


def test_what_it_withdrew_stands_again_and_what_it_took_up_is_gone_again(cast, take_in):
    take_in(xlsx(row(1), row(2)))
    batch = take_in(csv(row(1)))
    withdraw_letters.mark_as_full_list(batch, is_full=True)
    withdraw_letters.withdraw_missing_letters(batch, "Kom frem", by=None, among=[letter(2).pk])
    assert standing() == {"B-1"}
    again = take_in(xlsx(row(2)))
    assert standing() == {"B-1", "B-2"}
    undo_import.undo_batch(again, by=None)
    assert standing() == {"B-1"}, "withdrawn as it was before the list that took it up"
    undo_import.undo_batch(batch, by=None)
    assert standing() == {"B-1", "B-2"}


def test_twice_is_once(take_in):
    batch = take_in(xlsx(row(1)))
    assert undo_import.undo_batch(batch, by=None) is True
    after = facts()
    assert undo_import.undo_batch(batch, by=None) is False
    assert (facts(), LetterChange.objects.count()) == (after, 1)


def test_what_a_later_list_names_stays_as_that_list_has_it(take_in):
    first = take_in(xlsx(row(1), row(2), row(3)))
    second = take_in(csv(row(1, Emne="Rettet"), row(2)))
    assert undo_import.preview_undo(first) == undo_import.UndoPreview(
        going=1, changing_back=0, coming_back=0, staying_hidden=0, kept=2, decided=0
    )
    undo_import.undo_batch(first, by=None)
    assert standing() == {"B-1", "B-2"}
    assert letter().subject == "Rettet"
    undo_import.undo_batch(second, by=None)
    assert (letter().subject, standing()) == (OLD, {"B-1", "B-2"})


def test_what_somebody_has_altered_since_is_left(cast, take_in):
    take_in(xlsx(row(1)))
    batch = take_in(csv(row(1, Emne="Nyt emne", Leders_e_mail="torben@kk.example")))
    Letter.objects.filter(source_ref="B-1").update(leader=cast.anne)
    undo_import.undo_batch(batch, by=None)
    assert (letter().subject, letter().leader) == (OLD, cast.anne)


def test_a_decision_rules_it_out_and_nothing_is_touched(cast, take_in):
    batch = take_in(xlsx(row(1), row(2)))
    services.open_followups(cast.incident)
    services.decide(letter(2), AGAIN, cast.karen, version=0)
    before = facts()
    with pytest.raises(undo_import.LettersHaveDecisions) as refusal:
        undo_import.undo_batch(batch, by=cast.mette)
    assert refusal.value.letters == 1
    batch.refresh_from_db()
    assert (facts(), batch.status) == (before, Status.COMMITTED)
    services.undo_decision(letter(2), cast.karen, version=1)
    assert undo_import.undo_batch(batch, by=cast.mette), "a decision that was taken back stands no more"


def test_the_same_file_can_come_again_and_takes_its_letters_up(cast, take_in):
    first = take_in(xlsx(row(1), row(2)))
    undo_import.undo_batch(first, by=None)
    again = take_in(xlsx(row(1), row(2)))
    assert again.pk != first.pk
    assert (letter_comparison.count_rows(first).new, letter_comparison.count_rows(again).changed) == (2, 2), (
        "what the first did stays on record"
    )
    assert standing() == {"B-1", "B-2"}


def test_a_list_that_is_only_checked_cannot_be_undone(take_in):
    assert undo_import.undo_batch(take_in(xlsx(row(1)), commit=False), by=None) is False


@pytest.mark.django_db(transaction=True)
def test_undone_while_another_list_comes_in_they_take_turns(cast, take_in, monkeypatch):
    first = take_in(xlsx(*(row(n) for n in range(1, 6))))
    second = take_in(csv(*(row(n) for n in range(1, 4))), commit=False)
    batches.request_commit(second, by=None)
    comparing, is_in, may_go = letter_comparison.compare_with_letters, threading.Event(), threading.Event()

    def compare(batch: ImportBatch) -> None:
        is_in.set()
        may_go.wait(10)
        comparing(batch)

    monkeypatch.setattr(letter_comparison, "compare_with_letters", compare)

    def closing(act, *args):
        try:
            return act(*args)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        going_in = pool.submit(closing, batches.commit_batch, second.pk)
        assert is_in.wait(10)
        undone = pool.submit(closing, undo_import.undo_batch, first, None)
        time.sleep(0.3)
        assert not undone.done(), "it waits for the list that is on its way in"
        may_go.set()
        assert going_in.result(10)
        assert undone.result(10)
    assert standing() == {"B-1", "B-2", "B-3"}


@pytest.mark.django_db(transaction=True)
def test_who_is_deciding_at_the_same_moment_is_waited_for(cast, take_in):
    batch = take_in(xlsx(row(1)))
    services.open_followups(cast.incident)
    is_decided, may_end = threading.Event(), threading.Event()

    def decide() -> None:
        try:
            with transaction.atomic():
                services.decide(letter(), AGAIN, cast.karen, version=0)
                is_decided.set()
                may_end.wait(10)
        finally:
            connections.close_all()

    def undo() -> None:
        try:
            undo_import.undo_batch(batch, by=None)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        deciding = pool.submit(decide)
        assert is_decided.wait(10)
        undoing_it = pool.submit(undo)
        time.sleep(0.5)
        may_end.set()
        deciding.result(10)
        with pytest.raises(undo_import.LettersHaveDecisions):
            undoing_it.result(10)
    assert standing() == {"B-1"}


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


def test_the_page_says_first_what_will_happen(kit, take_in):
    take_in(xlsx(row(1)))
    batch = take_in(csv(row(1, Emne="Nyt"), row(2), row(3)))
    page = kit.get(reverse("import_batch", args=[batch.pk])).content.decode()
    url = reverse("undo_batch", args=[batch.pk])
    assert url in page
    text = kit.get(url).content.decode()
    for words in ("2 breve bliver", "1 rettet brev", "Varsler, der er sendt, kan ikke kaldes tilbage", "Samme fil kan"):
        assert words in text
    assert standing() == {"B-1", "B-2", "B-3"}
    said = kit.post(url, follow=True).content.decode()
    assert "Indlæsningen er fortrudt" in said
    assert "og fortrudt" in said
    assert standing() == {"B-1"}
    assert "så der er ikke noget at fortryde" in kit.post(url, follow=True).content.decode()


def test_the_page_says_why_it_cannot_be_and_leads_to_the_letters(cast, kit, take_in):
    batch = take_in(xlsx(row(1), row(2)))
    services.open_followups(cast.incident)
    services.decide(letter(2), AGAIN, cast.karen, version=0)
    url = reverse("undo_batch", args=[batch.pk])
    text = kit.get(url).content.decode()
    assert "1 brev fra listen har en beslutning" in text
    letters = reverse("batch_letters", args=[batch.pk, "besluttede"])
    assert letters in text
    assert [one.source_ref for one in kit.get(letters).context["page_obj"]] == ["B-2"]
    assert kit.post(url, follow=True).content.decode().count("1 brev fra listen har en beslutning") == 1
    assert standing() == {"B-1", "B-2"}


def test_the_page_of_a_list_leads_to_what_it_did(kit, take_in):
    take_in(xlsx(row(1)))
    batch = take_in(csv(row(1, Emne="Nyt"), row(2), row(3, Enhed=""), row(4, Sendt="i går")))
    page = kit.get(reverse("import_batch", args=[batch.pk]))
    urls = {tile.label: tile.url for tile in page.context["tiles"] if tile.number}
    for url in urls.values():
        assert kit.get(url).status_code == 200
    new = kit.get(reverse("batch_letters", args=[batch.pk, "nye"]))
    assert "B-2" in [one.source_ref for one in new.context["page_obj"]]
    assert kit.get(reverse("batch_letters", args=[batch.pk, "noget-andet"])).status_code == 404
    assert "Ingen af listens breve" in kit.get(reverse("batch_letters", args=[batch.pk, "besluttede"])).content.decode()
