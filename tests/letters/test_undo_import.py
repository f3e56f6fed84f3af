"""Undoing an import: possible until a letter has a decision, and the facts of a later list stay."""

import pytest
from django.urls import reverse

from followups import services
from followups.letter import history
from letters import reclassification
from letters.importing import batches
from letters.importing.commit import undo_import, withdraw_letters
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Letter, LetterChange
from notifications.alarms import reconciliation
from sepo_incident.accounts.models import Unit, User
from tests.followups.decision_answers import RESENT
from tests.letters.concurrency import act_during
from tests.letters.imported_letters import letter_by_number
from tests.letters.list_files import csv, row, xlsx

pytestmark = pytest.mark.django_db
Status = ImportBatch.Status
OLD_SUBJECT = "Partshøring om udeblivelse"


def active_numbers() -> set[str]:
    ours = Letter.objects.active().filter(source_ref__regex=r"^B-\d$")
    return set(ours.values_list("source_ref", flat=True))


def all_letter_values() -> list[tuple]:
    return list(Letter.objects.order_by("pk").values_list())


@pytest.fixture(autouse=True)
def sums_agree_afterwards(db):
    yield
    wrong = [str(one) for one in reconciliation.all_sums() if not one.agrees]
    assert wrong == []


def test_undo_withdraws_new_letters_with_a_reason(cast, import_file):
    batch = import_file(xlsx(row(1), row(2)))
    before = (User.objects.count(), Unit.objects.count())
    assert undo_import.undo_batch(batch, by=cast.mette)
    assert active_numbers() == set()
    assert (batch.status, batch.undone_by) == (Status.UNDONE, cast.mette)
    lines = LetterChange.objects.values_list("kind", "reason", "by", "batch")
    assert list(lines) == [("WITHDRAWN", undo_import.UNDO_REASON, cast.mette.pk, batch.pk)] * 2
    assert (User.objects.count(), Unit.objects.count()) == before
    seen = Letter.objects.visible_to(cast.karen).get(source_ref="B-1")
    assert (
        history.letter_events(seen, cast.karen)[0].text == "Mette Dahl trak brevet tilbage: »Indlæsningen er fortrudt«"
    )


CHANGES = [
    {"Emne": "Nyt emne den 10. januar"},
    {"Sendt": "12-12-2019 08:00", "Emne": ""},
    {"Leder": "", "Leders_e_mail": "", "Enhed": "Lærkeparkens Skole", "Afsenders_e_mail": "ny@kk.example"},
    {"Modtagertype": "", "Modtager": "en@anden.example"},
]


def test_undo_restores_changed_letters_exactly(import_file):
    """The subject; the moment; people and unit; the recipient. The last letter is unchanged."""
    import_file(xlsx(*(row(number) for number in range(1, 6))))
    before = all_letter_values()
    batch = import_file(csv(*(row(number, **cells) for number, cells in enumerate([*CHANGES, {}], start=1))))
    changed = {old[0] for old, new in zip(before, all_letter_values(), strict=True) if old != new}
    assert len(changed) == len(CHANGES)
    undo_import.undo_batch(batch, by=None)
    assert all_letter_values() == before
    made = [("CHANGED", "")] * len(CHANGES) + [("CHANGED", undo_import.UNDO_REASON)] * len(CHANGES)
    assert list(LetterChange.objects.order_by("pk").values_list("kind", "reason")) == made


def test_undo_publishes_no_personnel_case_and_keeps_classifications(cast, import_file):
    import_file(xlsx(row(1), row(2)))
    batch = import_file(csv(*(row(n, Emne="Tjenstlig samtale") for n in (1, 2))))
    reclassification.classify_letter(letter_by_number(2), "Møder", True, by=cast.karen)
    undo_import.undo_batch(batch, by=None)
    assert [(letter_by_number(n).subject, letter_by_number(n).is_personnel_case) for n in (1, 2)] == [
        (OLD_SUBJECT, True)
    ] * 2
    assert [letter_by_number(n).category for n in (1, 2)] == ["Høringer", "Møder"]


def test_personnel_case_is_hidden_in_a_later_list_that_knows_no_such(kit_client, import_file):
    import_file(xlsx(row(1, Modtagertype="Medarbejder")))
    batch = import_file(csv(row(1)))
    for _ in range(2):
        assert letter_by_number().is_personnel_case, "no list makes a personnel case public"
        undo_import.undo_batch(batch, by=None)
    assert OLD_SUBJECT not in kit_client.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"}).text


def test_undo_reverts_withdrawals_and_reinstatements(cast, import_file):
    import_file(xlsx(row(1), row(2)))
    batch = import_file(csv(row(1)))
    withdraw_letters.mark_as_full_list(batch, is_full=True)
    withdraw_letters.withdraw_missing_letters(batch, "Kom frem", by=None, among=[letter_by_number(2).pk])
    assert active_numbers() == {"B-1"}
    again = import_file(xlsx(row(2)))
    assert active_numbers() == {"B-1", "B-2"}
    undo_import.undo_batch(again, by=None)
    assert active_numbers() == {"B-1"}, "withdrawn as it was before the list that took it up"
    undo_import.undo_batch(batch, by=None)
    assert active_numbers() == {"B-1", "B-2"}


def test_undo_keeps_letters_of_a_later_list(import_file):
    first = import_file(xlsx(row(1), row(2), row(3)))
    second = import_file(csv(row(1, Emne="Rettet"), row(2)))
    assert undo_import.preview_undo(first) == undo_import.UndoPreview(
        withdrawn=1, restored=0, reinstated=0, still_hidden=0, named_later=2, decided=0
    )
    undo_import.undo_batch(first, by=None)
    assert active_numbers() == {"B-1", "B-2"}
    assert letter_by_number().subject == "Rettet"
    undo_import.undo_batch(second, by=None)
    assert (letter_by_number().subject, active_numbers()) == (OLD_SUBJECT, {"B-1", "B-2"})


def test_undo_keeps_facts_changed_since(cast, import_file):
    import_file(xlsx(row(1)))
    batch = import_file(csv(row(1, Emne="Nyt emne", Leders_e_mail="torben@kk.example")))
    Letter.objects.filter(source_ref="B-1").update(leader=cast.anne)
    undo_import.undo_batch(batch, by=None)
    assert (letter_by_number().subject, letter_by_number().leader) == (OLD_SUBJECT, cast.anne)


def test_decision_prevents_undo(cast, import_file):
    batch = import_file(xlsx(row(1), row(2)))
    services.open_followups(cast.incident)
    services.decide(letter_by_number(2), RESENT, cast.karen, version=0)
    before = all_letter_values()
    with pytest.raises(undo_import.LettersHaveDecisions) as refusal:
        undo_import.undo_batch(batch, by=cast.mette)
    assert refusal.value.letters == 1
    batch.refresh_from_db()
    assert (all_letter_values(), batch.status) == (before, Status.COMMITTED)
    services.undo_decision(letter_by_number(2), cast.karen, version=1)
    assert undo_import.undo_batch(batch, by=cast.mette), "a decision that was taken back stands no more"


def test_undone_file_can_be_imported_again(cast, import_file):
    first = import_file(xlsx(row(1), row(2)))
    undo_import.undo_batch(first, by=None)
    again = import_file(xlsx(row(1), row(2)))
    assert again.pk != first.pk
    assert (letter_comparison.count_rows(first).new, letter_comparison.count_rows(again).changed) == (2, 2), (
        "what the first did stays on record"
    )
    assert active_numbers() == {"B-1", "B-2"}


@pytest.mark.django_db(transaction=True)
def test_undo_and_commit_take_turns(cast, import_file):
    first = import_file(xlsx(*(row(n) for n in range(1, 6))))
    second = import_file(csv(*(row(n) for n in range(1, 4))), commit=False)
    batches.request_commit(second, by=None)
    assert act_during(lambda: batches.commit_batch(second.pk), lambda: undo_import.undo_batch(first, None))
    assert active_numbers() == {"B-1", "B-2", "B-3"}


@pytest.mark.django_db(transaction=True)
def test_undo_waits_for_a_concurrent_decision(cast, import_file):
    batch = import_file(xlsx(row(1)))
    services.open_followups(cast.incident)
    with pytest.raises(undo_import.LettersHaveDecisions):
        act_during(
            lambda: services.decide(letter_by_number(), RESENT, cast.karen, version=0),
            lambda: undo_import.undo_batch(batch, by=None),
        )
    assert active_numbers() == {"B-1"}


def test_undo_page_previews_the_effects(kit_client, import_file):
    import_file(xlsx(row(1)))
    batch = import_file(csv(row(1, Emne="Nyt"), row(2), row(3)))
    page = kit_client.get(reverse("import_batch", args=[batch.pk])).text
    url = reverse("undo_batch", args=[batch.pk])
    assert url in page
    text = kit_client.get(url).text
    for words in (
        "2 breve bliver",
        "1 rettet brev",
        "Sendte beskeder kan ikke kaldes tilbage",
        "indlæse filen igen",
    ):
        assert words in text
    assert active_numbers() == {"B-1", "B-2", "B-3"}
    text = kit_client.post(url, follow=True).text
    assert "Indlæsningen er fortrudt" in text
    assert "og fortrudt" in text
    assert active_numbers() == {"B-1"}
    assert "så du kan ikke fortryde den" in kit_client.post(url, follow=True).text


def test_undo_page_explains_a_refusal_and_links_to_letters(cast, kit_client, import_file):
    batch = import_file(xlsx(row(1), row(2)))
    services.open_followups(cast.incident)
    services.decide(letter_by_number(2), RESENT, cast.karen, version=0)
    url = reverse("undo_batch", args=[batch.pk])
    text = kit_client.get(url).text
    assert "1 brev fra listen har en beslutning" in text
    letters = reverse("batch_letters", args=[batch.pk, "besluttede"])
    assert letters in text
    listed = kit_client.get(letters)
    assert [one.source_ref for one in listed.context["page_obj"]] == ["B-2"]
    assert "Afventer bevis" in listed.text  # the same status as on the board
    assert kit_client.post(url, follow=True).text.count("1 brev fra listen har en beslutning") == 1
    assert active_numbers() == {"B-1", "B-2"}


def test_committed_page_links_to_its_letters(kit_client, import_file):
    import_file(xlsx(row(1)))
    batch = import_file(csv(row(1, Emne="Nyt"), row(2), row(3, Enhed=""), row(4, Sendt="i går")))
    page = kit_client.get(reverse("import_batch", args=[batch.pk]))
    urls = {tile.label: tile.url for tile in page.context["tiles"] if tile.number}
    for url in urls.values():
        assert kit_client.get(url).status_code == 200
    new = kit_client.get(reverse("batch_letters", args=[batch.pk, "nye"]))
    assert "B-2" in [one.source_ref for one in new.context["page_obj"]]
    assert kit_client.get(reverse("batch_letters", args=[batch.pk, "noget-andet"])).status_code == 404
    assert "Ingen af listens breve" in kit_client.get(reverse("batch_letters", args=[batch.pk, "besluttede"])).text
