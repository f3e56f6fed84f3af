"""A full list proposes what it no longer names; people withdraw it, with a reason, and never a decision by the way."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.urls import reverse

from followups import services
from followups.letter import history
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers
from letters.importing.commit import withdraw_letters
from letters.models import ImportBatch, Letter, LetterChange
from notifications.alarms import reconciliation
from sepo_incident.accounts.models import Membership
from tests.letters.lists import csv, row, xlsx

pytestmark = pytest.mark.django_db
AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")
WHY = "Brevene kom frem alligevel"


def letter(number: int) -> Letter:
    return Letter.objects.get(source_ref=f"B-{number}")


def named(letters) -> list[str]:
    return sorted(letters.values_list("source_ref", flat=True))


@pytest.fixture(autouse=True)
def only_these(cast):
    """The cast's own letters are of another incident here, so that a full list lacks only what the test says."""
    other = type(cast.incident).objects.create(
        slug="en-anden", title="En anden", first_day=cast.incident.first_day, last_day=cast.incident.last_day,
        deadline=cast.incident.deadline, status="CLOSED",
    )  # fmt: skip
    ImportBatch.objects.update(incident=other)
    Letter.objects.update(incident=other)


@pytest.fixture
def full(cast, take_in) -> ImportBatch:
    """Five letters, the second with a decision; the new list names 1, 4 (rejected) and 5, and is the full one."""
    take_in(xlsx(*(row(n) for n in (1, 2, 3, 4, 5))))
    services.open_followups(cast.incident)
    services.decide(letter(2), AGAIN, cast.karen, version=0)
    batch = take_in(csv(row(1), row(4, Sendt="i går"), row(5)))
    withdraw_letters.mark_as_full_list(batch, is_full=True)
    batch.refresh_from_db()
    return batch


def agrees() -> bool:
    return all(one.agrees for one in reconciliation.all_sums())


def test_only_a_full_list_lacks_letters_and_a_rejected_row_is_on_it(full):
    assert named(withdraw_letters.missing_letters(full)) == ["B-2", "B-3"]
    assert withdraw_letters.count_missing_letters(full) == {"letters": 2, "decided": 1}
    full.is_full = False
    assert not withdraw_letters.missing_letters(full).exists()


def test_nothing_is_withdrawn_by_saying_that_the_list_is_full(full):
    assert not Letter.objects.exclude(withdrawn_at=None).exists()


def test_all_leaves_those_with_a_decision_where_they_are(cast, full):
    assert withdraw_letters.withdraw_missing_letters(full, WHY, by=cast.mette) == 1
    assert named(Letter.objects.exclude(withdrawn_at=None)) == ["B-3"]
    change = LetterChange.objects.get()
    assert (change.kind, change.reason, change.by, change.batch) == ("WITHDRAWN", WHY, cast.mette, full)
    assert agrees()


def test_all_takes_them_as_well_when_that_is_said(cast, full):
    assert withdraw_letters.withdraw_missing_letters(full, WHY, by=cast.mette, also_decided=True) == 2
    assert FollowUp.objects.get(letter=letter(2)).status == "DONE", "what was decided stays in the history"
    assert agrees()


def test_one_with_a_decision_stays_unless_somebody_says_otherwise(cast, full):
    ticked = [letter(2).pk, letter(1).pk]
    assert withdraw_letters.withdraw_missing_letters(full, WHY, by=cast.mette, among=ticked) == 0
    assert withdraw_letters.withdraw_missing_letters(full, WHY, by=cast.mette, among=ticked, also_decided=True) == 1
    assert named(Letter.objects.exclude(withdrawn_at=None)) == ["B-2"]


def test_twice_is_once_and_a_later_list_ends_the_proposal(cast, full, take_in):
    assert withdraw_letters.withdraw_missing_letters(full, WHY, by=None) == 1
    assert withdraw_letters.withdraw_missing_letters(full, WHY, by=None) == 0
    take_in(csv(row(9)))
    assert withdraw_letters.withdraw_missing_letters(full, WHY, by=None, also_decided=True) == 0


def test_a_list_that_is_only_checked_withdraws_nothing(cast, take_in):
    take_in(xlsx(row(1), row(2)))
    batch = take_in(csv(row(1)), commit=False)
    withdraw_letters.mark_as_full_list(batch, is_full=True)
    assert withdraw_letters.withdraw_missing_letters(batch, WHY, by=None) == 0


def test_who_led_only_withdrawn_letters_leads_no_more(cast, take_in):
    take_in(xlsx(row(1), row(2, Leders_e_mail="anne@kk.example")))
    batch = take_in(csv(row(1)))
    withdraw_letters.mark_as_full_list(batch, is_full=True)
    assert Membership.objects.filter(user=cast.anne, role="LEADER").exists()
    withdraw_letters.withdraw_missing_letters(batch, WHY, by=None)
    assert not Membership.objects.filter(user=cast.anne, role="LEADER").exists()
    take_in(xlsx(row(2, Leders_e_mail="anne@kk.example")))
    assert Membership.objects.filter(user=cast.anne, role="LEADER").exists()


def test_a_later_list_that_names_it_takes_it_up_again_when_chosen(cast, full, take_in):
    withdraw_letters.withdraw_missing_letters(full, WHY, by=cast.mette)
    batch = take_in(xlsx(row(3)), commit=False)
    assert batch.rows.get().changes == {"withdrawn": ["trukket tilbage", "på listen igen"]}
    take_in(xlsx(row(3), row(1)))
    assert letter(3).withdrawn_at is None
    assert list(LetterChange.objects.filter(letter=letter(3)).values_list("kind", flat=True)) == [
        "WITHDRAWN",
        "REINSTATED",
    ]
    seen = Letter.objects.visible_to(cast.karen).get(source_ref="B-3")
    assert [event.text for event in history.letter_events(seen, cast.karen)][:2] == [
        "Koncern IT satte brevet på listen igen efter en ny liste.",
        f"Mette Dahl trak brevet tilbage: »{WHY}«",
    ]
    assert agrees()


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


def test_from_the_list_to_the_letters_it_lacks_and_back(cast, kit, full):
    page = kit.get(reverse("import_batch", args=[full.pk])).content.decode()
    assert "2 breve fra den gamle liste står ikke på denne" in page
    assert "Et af dem har allerede en beslutning." in page
    url = reverse("missing", args=[full.pk])
    assert url in page
    assert {one.source_ref for one in kit.get(url).context["page_obj"]} == {"B-2", "B-3"}
    refused = kit.post(url, {"hvem": "alle"})
    assert refused.status_code == 422
    assert "Skriv, hvorfor brevene trækkes tilbage." in refused.content.decode()
    not_meant = kit.post(url, {"hvem": "alle", "begrundelse": WHY})
    assert "Sæt kryds, når alle brevene skal trækkes tilbage." in not_meant.content.decode()
    none_ticked = kit.post(url, {"hvem": "valgte", "begrundelse": WHY})
    assert "Sæt kryds ved de breve" in none_ticked.content.decode()
    said = kit.post(url, {"hvem": "valgte", "begrundelse": WHY, "valgt": f"{letter(3).pk}:0"}, follow=True)
    text = said.content.decode()
    assert "1 brev er trukket tilbage." in text
    assert "brev er trukket tilbage" in text
    gone = kit.get(reverse("batch_letters", args=[full.pk, "tilbage"]))
    assert [one.source_ref for one in gone.context["page_obj"]] == ["B-3"]


def test_a_cpr_number_is_no_reason(kit, full):
    page = kit.post(reverse("missing", args=[full.pk]), {"hvem": "alle", "begrundelse": "Ring til 010270-1234"})
    assert page.status_code == 422


def test_the_letter_says_who_withdrew_it_and_why(cast, as_user, full):
    withdraw_letters.withdraw_missing_letters(full, WHY, by=cast.mette)
    text = as_user(cast.karen).get(reverse("letter", args=[letter(3).pk])).content.decode()
    assert "Mette Dahl har trukket det tilbage" in text
    assert f"»{WHY}«. Du skal ikke gøre mere." in text


def test_one_that_was_withdrawn_is_taken_up_again_alone(cast, kit, full):
    withdraw_letters.withdraw_missing_letters(full, WHY, by=cast.mette)
    gone = named(Letter.objects.filter(incident=cast.incident).withdrawn())
    shown = kit.get(reverse("incident")).text
    assert f"{len(gone)} brev er trukket tilbage" in shown
    assert reverse("withdrawn_letters") in shown
    page = kit.get(reverse("withdrawn_letters"))
    assert [one.source_ref for one in page.context["page_obj"]] == gone == ["B-3"]
    assert f"af Mette Dahl: »{WHY}«" in page.text
    url = reverse("reinstate_letter", args=[letter(3).pk])
    assert url in kit.get(reverse("letter", args=[letter(3).pk])).text
    assert "Brevet er på listen igen." in kit.post(url, follow=True).text
    assert letter(3).withdrawn_at is None
    change = letter(3).changes.last()
    assert (change.kind, change.by, change.batch) == ("REINSTATED", cast.mette, None)
    events = kit.get(reverse("letter", args=[letter(3).pk])).context["events"]
    assert "Du satte brevet på listen igen." in [event.text for event in events]
    assert "Brevet stod på listen i forvejen." in kit.post(url, {"tilbage": "ja"}, follow=True).text
    assert letter(3).changes.count() == 2


def test_a_list_can_be_called_full_and_not(kit, full):
    url = reverse("mark_full_list", args=[full.pk])
    for said, expected in (("nej", False), ("ja", True)):
        page = kit.post(url, {"fuld": said}, follow=True)
        full.refresh_from_db()
        assert full.is_full is expected
        assert page.redirect_chain[-1][0].endswith("#fuld")
        _, below = page.content.decode().split('id="fuld"')
        assert 'role="status"' in below, "it is said where it was done"


def test_a_full_list_of_known_letters_can_come_in_to_say_what_it_lacks(kit, take_in):
    take_in(xlsx(row(1), row(2)))
    batch = take_in(csv(row(1)), commit=False)
    withdraw_letters.mark_as_full_list(batch, is_full=True)
    text = kit.get(reverse("import_batch", args=[batch.pk])).content.decode()
    assert "1 brev fra den gamle liste står ikke på denne" in text
    assert "Indlæs listen" in text


@pytest.mark.django_db(transaction=True)
def test_who_decides_at_the_same_moment_comes_first(cast, full):
    """The withdrawal waits for the decision, and then leaves the letter where it is."""
    is_decided, may_end = threading.Event(), threading.Event()

    def decide() -> None:
        try:
            with transaction.atomic():
                services.decide(letter(3), AGAIN, cast.karen, version=0)
                is_decided.set()
                may_end.wait(10)
        finally:
            connections.close_all()

    def withdraw() -> int:
        try:
            return withdraw_letters.withdraw_missing_letters(full, WHY, by=None)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        deciding = pool.submit(decide)
        assert is_decided.wait(10)
        going = pool.submit(withdraw)
        time.sleep(0.5)
        may_end.set()
        deciding.result(10)
        assert going.result(10) == 0
    assert letter(3).withdrawn_at is None


@pytest.mark.django_db(transaction=True)
def test_who_decides_a_moment_too_late_is_told_that_it_is_withdrawn(cast, full):
    is_withdrawn, may_end = threading.Event(), threading.Event()

    def withdraw() -> None:
        try:
            with transaction.atomic():
                withdraw_letters.withdraw_missing_letters(full, WHY, by=None)
                is_withdrawn.set()
                may_end.wait(10)
        finally:
            connections.close_all()

    def decide() -> None:
        try:
            services.decide(letter(3), AGAIN, cast.karen, version=0)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        going = pool.submit(withdraw)
        assert is_withdrawn.wait(10)
        deciding = pool.submit(decide)
        time.sleep(0.5)
        may_end.set()
        going.result(10)
        with pytest.raises(services.NotPossible, match="trukket tilbage"):
            deciding.result(10)


def run(tmp_path, capsys, content: bytes, **options) -> dict:
    (tmp_path / "fuld.csv").write_bytes(content)
    call_command("import_list", str(tmp_path / "fuld.csv"), incident="sepo-2019", json=True, **options)
    return json.loads(capsys.readouterr().out)


def test_the_command_says_what_is_missing_and_withdraws_it_when_told_why(take_in, tmp_path, capsys):
    take_in(xlsx(row(1), row(2), row(3)))
    said = run(tmp_path, capsys, csv(row(1)), commit=True, full=True)
    assert (said["missing"], said["withdrawn"]) == (["B-2", "B-3"], 0)
    assert not Letter.objects.exclude(withdrawn_at=None).exists()
    said = run(tmp_path, capsys, csv(row(1)), commit=True, full=True, withdraw=True, reason=WHY)
    assert said["withdrawn"] == 2
    assert named(Letter.objects.exclude(withdrawn_at=None)) == ["B-2", "B-3"]


def test_the_command_can_leave_the_changes(take_in, tmp_path, capsys):
    take_in(xlsx(row(1)))
    said = run(tmp_path, capsys, csv(row(1, Emne="Nyt"), row(2)), commit=True, leave_changes=True)
    assert (said["new"], said["changed"], letter(1).subject) == (1, 1, "Partshøring om udeblivelse")


@pytest.mark.parametrize(
    "options",
    [{"withdraw": True}, {"withdraw": True, "full": True, "commit": True}, {"reason": "Ring til 010270-1234"}],
)
def test_the_command_withdraws_nothing_by_the_way(tmp_path, capsys, options):
    with pytest.raises(CommandError, match=r"--withdraw kræver|CPR"):
        run(tmp_path, capsys, csv(row(1)), **options)
