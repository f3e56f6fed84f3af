"""Impersonation: DIT views the site as the user who asked for help. Start, audit trail and end."""

import json
import logging
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.letter import history
from followups.models import Escalation
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Letter
from sepo_incident.accounts.models import Impersonation, Membership, User
from sepo_incident.core.logs import JsonFormatter
from tests.factories import at

BANNER = "Du ser siden, som Karen Bülow Møller ser den."
IS_OVER = "Visningen er slut. Du ser nu siden som dig selv."


@pytest.fixture
def escalation(cast, monday):
    """A question from Karen to DIT, taken by Pia."""
    services.decide(cast.passed, DecisionAnswers(remedy=HELP, question="Skal det sendes igen?"), cast.karen, version=0)
    return services.take_escalation(Escalation.objects.get(), cast.pia)


@pytest.fixture
def pia(escalation, as_user, cast):
    return as_user(cast.pia)


def start_impersonation(client, escalation):
    return client.post(reverse("see_as_asker", args=[escalation.pk]), follow=True)


def test_impersonation_shows_the_site_as_the_asker_sees_it(cast, escalation, pia):
    assert "Se siden som Karen" in pia.get(reverse("escalation", args=[escalation.pk])).text
    page = start_impersonation(pia, escalation)
    assert page.redirect_chain == [(reverse("letter", args=[cast.passed.pk]), 302)]
    assert BANNER in page.text
    assert "Slutter kl. 10.15" in page.text
    assert page.context["menu"][0]["label"] == "Mine breve"
    assert "Du sendte brevet" in page.text
    assert pia.get(reverse("escalations")).status_code == 403, "that is not for her"
    assert BANNER in pia.get("/findes-ikke/").text
    stopped = pia.post(reverse("stop_impersonation"))
    assert stopped.url == f"{reverse('escalation', args=[escalation.pk])}#sag"
    assert BANNER not in pia.get(stopped.url).text


def test_impersonation_is_recorded_and_shown_in_the_history(cast, escalation, pia, caplog):
    caplog.set_level(logging.INFO)
    start_impersonation(pia, escalation)
    pia.get(reverse("my_letters"))
    pia.post(reverse("my_absence"), {"substitute": cast.anne.pk})
    pia.post(reverse("stop_impersonation"))
    seen = Impersonation.objects.get()
    assert (seen.viewer, seen.person, seen.question, seen.role) == (cast.pia, cast.karen, escalation.pk, "DIT_SUPPORT")
    assert seen.until - seen.at == timedelta(minutes=15)
    lines = [json.loads(JsonFormatter().format(one)) for one in caplog.records if hasattr(one, "event")]
    noted = [(line["event"], line.get("path"), line["user_id"]) for line in lines]
    assert ("viewing_began", None, cast.pia.pk) in noted
    assert ("viewing_ended", None, cast.pia.pk) in noted
    assert not [line for line in lines if line["user_id"] == cast.karen.pk], "nothing is told of her"
    for reader, sentence in (
        (cast.karen, "Pia Søndergård fra DIT så siden, som du ser den, for at hjælpe."),
        (cast.jens, "Pia Søndergård fra DIT så siden, som Karen Bülow Møller ser den, for at hjælpe."),
    ):
        letter = Letter.objects.visible_to(reader).get(pk=cast.passed.pk)
        assert sentence in [event.text for event in history.letter_events(letter, reader)]
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Impersonation.objects.update(person=cast.jens)


def test_impersonation_ends_after_15_minutes(escalation, pia, monday):
    start_impersonation(pia, escalation)
    monday.move_to(at(2020, 1, 13, 10, 14, 50))
    assert BANNER in pia.get(reverse("my_letters")).text
    monday.move_to(at(2020, 1, 13, 10, 15, 10))
    page = pia.get(reverse("guide")).text
    assert BANNER not in page
    assert IS_OVER in page
    assert IS_OVER not in pia.get(reverse("guide")).text


def test_late_post_is_not_saved_for_the_viewer(escalation, pia, cast, monday):
    """Karen's form must not create a substitute for Pia."""
    start_impersonation(pia, escalation)
    monday.move_to(at(2020, 1, 13, 10, 15, 10))
    absence = {"first_day_0": "14", "first_day_1": "1", "first_day_2": "2020", "substitute": cast.anne.pk}
    refused = pia.post(reverse("my_absence"), absence)
    assert refused.status_code == 403
    assert "<h1>Visningen er slut</h1>" in refused.text
    assert not cast.pia.absences.exists()
    assert not cast.karen.absences.exists()


def test_form_from_the_impersonation_is_refused_afterwards(escalation, cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.pia)

    def token(path):
        return str(client.get(path).context["csrf_token"])

    own = token(reverse("escalation", args=[escalation.pk]))
    begun = client.post(reverse("see_as_asker", args=[escalation.pk]), {"csrfmiddlewaretoken": own})
    assert begun.status_code == 302
    shown = token(reverse("my_absence"))
    assert client.post(reverse("stop_impersonation"), {"csrfmiddlewaretoken": shown}).status_code == 302
    late = client.post(reverse("my_absence"), {"csrfmiddlewaretoken": shown})
    assert late.status_code == 403
    assert "Siden har stået åben for længe" in late.text


def deactivate(person):
    User.objects.filter(pk=person.pk).update(is_active=False)


def mark_as_left(person):
    User.objects.filter(pk=person.pk).update(left_on=timezone.localdate())


def grant_role(role):
    def give(person):
        Membership.objects.create(user=person, unit=Membership.objects.first().unit, role=role)

    return give


def delete_roles(person):
    Membership.objects.filter(user=person).delete()


@pytest.mark.parametrize(
    ("person", "change"),
    [
        ("karen", mark_as_left),
        ("karen", grant_role(Membership.Role.LEADER)),
        ("pia", delete_roles),
    ],
)
def test_impersonation_ends_when_its_conditions_change(escalation, pia, cast, person, change):
    start_impersonation(pia, escalation)
    change(getattr(cast, person))
    page = pia.get(reverse("guide")).text
    assert BANNER not in page
    assert IS_OVER in page


def test_impersonation_ends_when_the_viewer_is_blocked_or_signs_out(escalation, pia, cast):
    start_impersonation(pia, escalation)
    deactivate(cast.pia)
    assert pia.get(reverse("my_letters")).url.startswith("/log-ind/")
    User.objects.filter(pk=cast.pia.pk).update(is_active=True)
    pia.force_login(cast.pia)
    assert BANNER not in pia.get(reverse("guide")).text
    start_impersonation(pia, escalation)
    pia.post(reverse("sign_out"))
    pia.force_login(cast.pia)
    assert BANNER not in pia.get(reverse("guide")).text


def test_impersonation_cannot_be_nested(escalation, pia):
    start_impersonation(pia, escalation)
    again = pia.post(reverse("see_as_asker", args=[escalation.pk]))
    assert again.status_code == 403
    assert Impersonation.objects.count() == 1


@pytest.mark.parametrize("role", [Membership.Role.KIT_ADMIN, Membership.Role.READER])
def test_user_with_wider_access_cannot_be_impersonated(escalation, pia, cast, role):
    Membership.objects.create(user=cast.karen, unit=cast.svalevej, role=role)
    assert "Se siden som Karen" not in pia.get(reverse("escalation", args=[escalation.pk])).text
    page = start_impersonation(pia, escalation).text
    assert "Du kan kun se siden som en medarbejder eller leder" in page
    assert not Impersonation.objects.exists()


def test_only_the_owner_of_an_open_escalation_may_impersonate(escalation, as_user, cast):
    services.release_escalation(escalation, cast.pia)
    assert "Tag henvendelsen først." in start_impersonation(as_user(cast.pia), escalation).text
    services.take_escalation(escalation, cast.pia)
    services.answer_escalation(escalation, "Søg på emnet.", by=cast.pia)
    assert "Tag henvendelsen først." in start_impersonation(as_user(cast.pia), escalation).text
    assert not Impersonation.objects.exists()


def test_personalejura_cannot_impersonate(escalation, as_user, cast):
    Letter.objects.filter(pk=cast.passed.pk).update(is_personnel_case=True)
    Escalation.objects.update(desk="HR", owner=cast.hanne)
    page = as_user(cast.hanne).get(reverse("escalation", args=[escalation.pk]))
    assert page.status_code == 200
    assert "Se siden som Karen" not in page.text
    assert "Tag henvendelsen først." in start_impersonation(as_user(cast.hanne), escalation).text


def test_koncern_it_impersonates_at_its_own_desk(escalation, as_user, cast):
    services.forward_escalation(escalation, Escalation.Desk.KIT, cast.pia, "")
    services.take_escalation(escalation, cast.mette)
    assert BANNER in start_impersonation(as_user(cast.mette), escalation).text
    assert Impersonation.objects.get().role == Membership.Role.KIT_ADMIN
