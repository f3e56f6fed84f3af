"""Koncern IT changes the kind of an incident: until somebody acts, and what then happens to forms that are open."""

from dataclasses import replace
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.models import BulkDecision, BulkLetter, FollowUp
from followups.rules.completeness import KIND_CHANGED, refusal_of_another_kind
from followups.services.bulk_decisions import STOPPED
from followups.services.decisions import create_bulk_decision, decide_next_letters
from letters.incident_kinds import KINDS, IncidentKind
from letters.models import Incident
from notifications.incident_page.kind_change import change_kind, is_kind_fixed
from notifications.models.dispatch import KIND_IS_FIXED
from sepo_incident.core.database import Conflict
from tests.followups.bulk_pages import BULK_URL, press_button, selected_keys, skipped_letters
from tests.followups.decision_answers import followup_of
from tests.followups.workbook_helpers import fill_row, open_workbook, row_of, workbook_bytes
from tests.kinds.kind_answers import (
    NOTHING_TO_SEND,
    OWN_VARIANTS,
    WRONG,
    WRONG_FIELDS,
    answers_of,
    book_word,
    letter_url,
    set_kind,
    workbook_upload,
)
from tests.letters.concurrency import act_during
from tests.notices import write_first_notices

pytestmark = pytest.mark.usefixtures("monday")


def decide(cast):
    services.decide(cast.plain, answers_of(IncidentKind.NOT_ARRIVED), cast.karen, 0)


def wait_for_worker(cast):
    """Make a bulk decision that no worker has begun."""
    requested = services.RequestedDecision(0, answers_of(IncidentKind.NOT_ARRIVED))
    return create_bulk_decision({cast.soon: requested, cast.untitled: requested}, cast.karen, BulkDecision.Way.PAGE)


def write_mails(cast):
    write_first_notices(cast.incident)


ACTS = [decide, wait_for_worker, write_mails]


class TestKindIsFixed:
    def test_kit_changes_it_before_anybody_acts(self, cast, as_user):
        kit = as_user(cast.mette)
        assert "Ret, hvad der gik galt" in kit.get(reverse("incident")).text
        kit.post(reverse("change_incident_kind"), {"kind": WRONG})
        cast.incident.refresh_from_db()
        assert cast.incident.kind == WRONG

    @pytest.mark.parametrize("act", ACTS)
    def test_page_refuses(self, cast, as_user, act):
        act(cast)
        kit = as_user(cast.mette)
        assert "Ret, hvad der gik galt" not in kit.get(reverse("incident")).text
        refused = kit.post(reverse("change_incident_kind"), {"kind": WRONG}, follow=True)
        assert KIND_IS_FIXED in refused.text
        with pytest.raises(Conflict, match="kan du ikke ændre"):
            change_kind(cast.incident, WRONG, cast.mette)

    @pytest.mark.parametrize("act", [None, *ACTS])
    def test_rule_and_trigger_agree(self, cast, act):
        if act:
            act(cast)
        assert is_kind_fixed(cast.incident) == bool(act) == (not database_changes_kind(cast.incident))
        Incident.objects.filter(pk=cast.incident.pk).update(kind="NOT_ARRIVED", title="Andet")

    @pytest.mark.parametrize("state", BulkLetter.State)
    def test_rule_and_trigger_agree_about_what_became_of_a_bulk_decision(self, cast, state):
        why = STOPPED if state in (BulkLetter.State.SKIPPED, BulkLetter.State.KEPT) else ""
        wait_for_worker(cast).letters.update(state=state, why=why)
        is_fixed = is_kind_fixed(cast.incident)
        assert is_fixed == (not database_changes_kind(cast.incident)) == (state == BulkLetter.State.WAITING)

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("act", [decide, wait_for_worker])
    def test_change_waits_for_what_is_being_written(self, cast, act):
        with pytest.raises(Conflict, match="kan du ikke ændre"):
            act_during(lambda: act(cast), lambda: change_kind(cast.incident, WRONG, by=cast.mette))
        cast.incident.refresh_from_db()
        assert cast.incident.kind == IncidentKind.NOT_ARRIVED


def database_changes_kind(incident) -> bool:
    """Return whether the database takes another kind, whatever the services say."""
    try:
        with transaction.atomic():
            Incident.objects.filter(pk=incident.pk).update(kind=WRONG)
            transaction.set_rollback(True)
    except IntegrityError:
        return False
    return True


class TestOpenForm:
    """Somebody answers a form of the old kind."""

    def test_letter_page_asks_the_new_questions_and_keeps_the_typed_text(self, cast, as_user):
        set_kind(cast, WRONG)
        typed = {
            "version": "0",
            "deletion": "NO_CONFIRMATION",
            "no_deletion_reason": "Ukendt adresse",
            "note": "Ringet",
        }
        set_kind(cast, IncidentKind.NOT_ARRIVED)
        answered = as_user(cast.karen).post(letter_url(cast.plain), NOTHING_TO_SEND | typed)
        assert answered.status_code == 422
        assert KIND_CHANGED in answered.text
        assert "Du skrev: »Ukendt adresse«" in answered.text
        assert "Ringet" in answered.text

    @pytest.mark.django_db(transaction=True)
    def test_kind_changes_while_the_decision_is_saved(self, cast, as_user):
        karen = as_user(cast.karen)
        answered = act_during(
            lambda: set_kind(cast, WRONG),
            lambda: karen.post(letter_url(cast.plain), NOTHING_TO_SEND | {"version": "0", "note": "Ringet"}),
        )
        assert answered.status_code == 409
        assert KIND_CHANGED in answered.text
        assert "Ringet" in answered.text
        assert "deletion" in answered.context["form"].fields
        assert followup_of(cast.plain).is_open

    @pytest.mark.django_db(transaction=True)
    def test_kind_changes_while_a_bulk_decision_is_saved(self, cast, as_user):
        karen, letters = as_user(cast.karen), [cast.plain, cast.untitled]
        preview = press_button(karen, karen.get(BULK_URL, {"valgt": selected_keys(*letters)}), "vis", **NOTHING_TO_SEND)
        answered = act_during(lambda: set_kind(cast, WRONG), lambda: press_button(karen, preview, "gem"))
        assert answered.status_code == 200
        assert {why: set(some) for why, some in skipped_letters(answered).items()} == {KIND_CHANGED: set(letters)}

    def test_worker_skips_the_letters(self, cast):
        bulk = wait_for_worker(cast)
        set_kind_in_spite_of_the_trigger(cast, WRONG)
        assert decide_next_letters(bulk, 10) == 2
        assert set(bulk.letters.values_list("state", "why")) == {("SKIPPED", KIND_CHANGED)}

    def test_workbook_saves_nothing(self, cast, as_user):
        karen = as_user(cast.karen)
        book = open_workbook(karen.get(reverse("my_workbook")).content)
        cells = {"no_dispatch_reason": "Ligger på Aula", "deadline_missed": "Nej", "consequence_review": "Nej"}
        remedy = book_word(IncidentKind.NOT_ARRIVED, "NO_DISPATCH")
        fill_row(book, row_of(book, cast.plain.source_ref), remedy=remedy, **cells)
        content = workbook_bytes(book)
        shown = karen.post(reverse("upload_workbook"), {"fil": workbook_upload(content)})
        set_kind(cast, WRONG)
        outcome = karen.post(reverse("apply_workbook"), {"vist": shown.context["proposal"]}, follow=True)
        assert skipped_letters(outcome) == {KIND_CHANGED: [cast.plain]}
        again = karen.post(reverse("upload_workbook"), {"fil": workbook_upload(content)})
        assert again.status_code == 422
        assert "slettet" in again.text


def set_kind_in_spite_of_the_trigger(cast, kind):
    waiting = BulkLetter.objects.filter(state="WAITING")
    ids = list(waiting.values_list("pk", flat=True))
    waiting.update(state="DECIDED")
    set_kind(cast, kind)
    BulkLetter.objects.filter(pk__in=ids).update(state="WAITING")


@pytest.mark.parametrize("kind", IncidentKind)
def test_refusal_and_trigger_agree_about_every_answer(cast, kind):
    set_kind(cast, kind)
    for remedy, (name, own) in product(FollowUp.Remedy, (OWN_VARIANTS | WRONG_FIELDS).items()):
        answers = replace(answers_of(IncidentKind.NOT_ARRIVED), remedy=remedy, is_sent=remedy != "NO_DISPATCH", **own)
        answers = replace(answers, no_dispatch_reason="Ligger på Aula" if remedy == "NO_DISPATCH" else "")
        refusal = refusal_by_database(cast.plain, answers, cast.karen)
        assert ("followup_deletion_has_its_field" in refusal) == (name in WRONG_FIELDS), (name, remedy, refusal)
        if name in OWN_VARIANTS:
            assert bool(refusal) == bool(refusal_of_another_kind(answers, KINDS[kind])), (name, remedy, refusal)


def refusal_by_database(letter, answers, by) -> str:
    """Return the sentence of the database about the answers, "" if the database takes them."""
    followup = followup_of(letter)
    try:
        with transaction.atomic():
            services.decisions._save_decisions([(followup, answers)], by)
            transaction.set_rollback(True)
    except IntegrityError as refusal:
        return str(refusal)
    return ""
