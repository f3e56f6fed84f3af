"""Withdrawing letters that a full list lacks: by people, with a reason, and without touching decisions."""

import pytest
from django.urls import reverse

from followups import services
from followups.letter import history
from followups.models import FollowUp
from letters.importing.commit import withdraw_letters
from letters.models import ImportBatch, Letter, LetterChange
from notifications.alarms import reconciliation
from sepo_incident.accounts.models import Membership
from tests.followups.decision_answers import RESENT
from tests.letters.concurrency import act_during
from tests.letters.imported_letters import letter_by_number
from tests.letters.list_files import csv, row, xlsx

pytestmark = pytest.mark.django_db
REASON = "Brevene kom frem alligevel"


def source_refs(letters) -> list[str]:
    return sorted(letters.values_list("source_ref", flat=True))


@pytest.fixture(autouse=True)
def move_cast_letters_away(cast):
    """Move the cast's letters to another incident, so that a full list lacks only the letters of the test."""
    other = type(cast.incident).objects.create(
        slug="en-anden", title="En anden", first_day=cast.incident.first_day, last_day=cast.incident.last_day,
        deadline=cast.incident.deadline, status="CLOSED",
    )  # fmt: skip
    ImportBatch.objects.update(incident=other)
    Letter.objects.update(incident=other)


@pytest.fixture
def full_batch(cast, import_file) -> ImportBatch:
    """Five letters, the second with a decision; then a full list with 1, 4 (rejected) and 5."""
    import_file(xlsx(*(row(n) for n in (1, 2, 3, 4, 5))))
    services.open_followups(cast.incident)
    services.decide(letter_by_number(2), RESENT, cast.karen, version=0)
    batch = import_file(csv(row(1), row(4, Sendt="i går"), row(5)))
    withdraw_letters.mark_as_full_list(batch, is_full=True)
    batch.refresh_from_db()
    return batch


def all_sums_agree() -> bool:
    return all(one.agrees for one in reconciliation.all_sums())


def test_only_a_full_list_has_missing_letters(full_batch):
    assert source_refs(withdraw_letters.missing_letters(full_batch)) == ["B-2", "B-3"]
    assert withdraw_letters.count_missing_letters(full_batch) == {"letters": 2, "decided": 1}
    full_batch.is_full = False
    assert not withdraw_letters.missing_letters(full_batch).exists()


def test_withdrawing_all_skips_decided_letters(cast, full_batch):
    assert withdraw_letters.withdraw_missing_letters(full_batch, REASON, by=cast.mette) == 1
    assert source_refs(Letter.objects.exclude(withdrawn_at=None)) == ["B-3"]
    change = LetterChange.objects.get()
    assert (change.kind, change.reason, change.by, change.batch) == ("WITHDRAWN", REASON, cast.mette, full_batch)
    assert all_sums_agree()


def test_withdrawing_all_includes_decided_letters_on_request(cast, full_batch):
    assert withdraw_letters.withdraw_missing_letters(full_batch, REASON, by=cast.mette, also_decided=True) == 2
    assert FollowUp.objects.get(letter=letter_by_number(2)).status == "DONE", "what was decided stays in the history"
    assert all_sums_agree()


def test_second_withdrawal_and_later_list_withdraw_nothing(cast, full_batch, import_file):
    assert withdraw_letters.withdraw_missing_letters(full_batch, REASON, by=None) == 1
    assert withdraw_letters.withdraw_missing_letters(full_batch, REASON, by=None) == 0
    import_file(csv(row(9)))
    assert withdraw_letters.withdraw_missing_letters(full_batch, REASON, by=None, also_decided=True) == 0


def test_leader_of_withdrawn_letters_loses_the_lead(cast, import_file):
    import_file(xlsx(row(1), row(2, Leders_e_mail="anne@kk.example")))
    batch = import_file(csv(row(1)))
    withdraw_letters.mark_as_full_list(batch, is_full=True)
    assert Membership.objects.filter(user=cast.anne, role="LEADER").exists()
    withdraw_letters.withdraw_missing_letters(batch, REASON, by=None)
    assert not Membership.objects.filter(user=cast.anne, role="LEADER").exists()
    import_file(xlsx(row(2, Leders_e_mail="anne@kk.example")))
    assert Membership.objects.filter(user=cast.anne, role="LEADER").exists()


def test_later_list_reinstates_a_withdrawn_letter(cast, full_batch, import_file):
    withdraw_letters.withdraw_missing_letters(full_batch, REASON, by=cast.mette)
    batch = import_file(xlsx(row(3)), commit=False)
    assert batch.rows.get().changes == {"withdrawn": ["trukket tilbage", "på listen igen"]}
    import_file(xlsx(row(3), row(1)))
    assert letter_by_number(3).withdrawn_at is None
    assert list(LetterChange.objects.filter(letter=letter_by_number(3)).values_list("kind", flat=True)) == [
        "WITHDRAWN",
        "REINSTATED",
    ]
    seen = Letter.objects.visible_to(cast.karen).get(source_ref="B-3")
    assert [event.text for event in history.letter_events(seen, cast.karen)][:2] == [
        "Koncern IT satte brevet på listen igen efter en ny liste.",
        f"Mette Dahl trak brevet tilbage: »{REASON}«",
    ]
    assert all_sums_agree()


def test_missing_letters_are_withdrawn_from_the_page(cast, kit_client, full_batch):
    page = kit_client.get(reverse("import_batch", args=[full_batch.pk])).text
    assert "2 breve mangler på listen" in page
    assert "Et har allerede en beslutning." in page
    url = reverse("missing", args=[full_batch.pk])
    assert url in page
    assert {one.source_ref for one in kit_client.get(url).context["page_obj"]} == {"B-2", "B-3"}
    refused = kit_client.post(url, {"hvem": "alle"})
    assert refused.status_code == 422
    assert "Skriv en begrundelse." in refused.text
    not_meant = kit_client.post(url, {"hvem": "alle", "reason": REASON})
    assert "Sæt kryds, hvis du vil trække alle brevene tilbage." in not_meant.text
    none_ticked = kit_client.post(url, {"hvem": "valgte", "reason": REASON})
    assert "Sæt kryds ved de breve" in none_ticked.text
    page_after = kit_client.post(
        url, {"hvem": "valgte", "reason": REASON, "valgt": f"{letter_by_number(3).pk}:0"}, follow=True
    )
    text = page_after.text
    assert "1 brev er trukket tilbage." in text
    assert "brev trukket tilbage" in text
    gone = kit_client.get(reverse("batch_letters", args=[full_batch.pk, "tilbage"]))
    assert [one.source_ref for one in gone.context["page_obj"]] == ["B-3"]


def test_single_withdrawn_letter_is_reinstated(cast, kit_client, full_batch):
    withdraw_letters.withdraw_missing_letters(full_batch, REASON, by=cast.mette)
    gone = source_refs(Letter.objects.filter(incident=cast.incident).withdrawn())
    shown = kit_client.get(reverse("incident")).text
    assert f"{len(gone)} brev er trukket tilbage" in shown
    assert reverse("withdrawn_letters") in shown
    page = kit_client.get(reverse("withdrawn_letters"))
    assert [one.source_ref for one in page.context["page_obj"]] == gone == ["B-3"]
    assert f"af Mette Dahl: »{REASON}«" in page.text
    url = reverse("reinstate_letter", args=[letter_by_number(3).pk])
    assert url in kit_client.get(reverse("letter", args=[letter_by_number(3).pk])).text
    assert "Brevet er på listen igen, som det var." in kit_client.post(url, follow=True).text
    assert letter_by_number(3).withdrawn_at is None
    change = letter_by_number(3).changes.last()
    assert (change.kind, change.by, change.batch) == ("REINSTATED", cast.mette, None)
    events = kit_client.get(reverse("letter", args=[letter_by_number(3).pk])).context["side"].events
    assert "Du satte brevet på listen igen." in [event.text for event in events]
    assert "Brevet var allerede på listen." in kit_client.post(url, {"tilbage": "ja"}, follow=True).text
    assert letter_by_number(3).changes.count() == 2


def test_list_can_be_marked_full_and_not_full(kit_client, full_batch):
    url = reverse("mark_full_list", args=[full_batch.pk])
    for answer, expected in (("nej", False), ("ja", True)):
        page = kit_client.post(url, {"fuld": answer}, follow=True)
        full_batch.refresh_from_db()
        assert full_batch.is_full is expected
        assert page.redirect_chain[-1][0].endswith("#fuld")
        _, below = page.text.split('id="fuld"')
        assert 'role="status"' in below, "it is said where it was done"


@pytest.mark.django_db(transaction=True)
def test_withdrawal_waits_for_a_concurrent_decision(cast, full_batch):
    """The withdrawal waits for the decision and then skips the letter."""
    withdrawn = act_during(
        lambda: services.decide(letter_by_number(3), RESENT, cast.karen, version=0),
        lambda: withdraw_letters.withdraw_missing_letters(full_batch, REASON, by=None),
    )
    assert (withdrawn, letter_by_number(3).withdrawn_at) == (0, None)


@pytest.mark.django_db(transaction=True)
def test_late_decision_is_refused_as_withdrawn(cast, full_batch):
    with pytest.raises(services.NotPossible, match="trukket tilbage"):
        act_during(
            lambda: withdraw_letters.withdraw_missing_letters(full_batch, REASON, by=None),
            lambda: services.decide(letter_by_number(3), RESENT, cast.karen, version=0),
        )
