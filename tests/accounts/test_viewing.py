"""DIT sees the site as whoever asked: how it begins, what is written of it, and how it ends."""

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
IS_OVER = "Visningen er slut. Nu ser du siden som dig selv."


@pytest.fixture
def asked(cast, monday):
    """Karen has asked DIT, and Pia has taken it."""
    services.decide(cast.passed, DecisionAnswers(remedy=HELP, question="Skal det sendes igen?"), cast.karen, version=0)
    return services.take_escalation(Escalation.objects.get(), cast.pia)


@pytest.fixture
def pia(asked, as_user, cast):
    return as_user(cast.pia)


def begin(client, asked):
    return client.post(reverse("see_as_asker", args=[asked.pk]), follow=True)


def test_the_site_is_as_the_asker_sees_it(cast, asked, pia):
    assert "Se siden som Karen" in pia.get(reverse("escalation", args=[asked.pk])).text
    page = begin(pia, asked)
    assert page.redirect_chain == [(reverse("letter", args=[cast.passed.pk]), 302)]
    assert BANNER in page.text
    assert "Slutter kl. 10.15" in page.text
    assert page.context["menu"][0]["label"] == "Mine breve"
    assert "Du sendte brevet" in page.text
    assert pia.get(reverse("escalations")).status_code == 403, "that is not for her"
    assert BANNER in pia.get("/findes-ikke/").text
    stopped = pia.post(reverse("stop_impersonation"))
    assert stopped.url == f"{reverse('escalation', args=[asked.pk])}#sag"
    assert BANNER not in pia.get(stopped.url).text


def test_it_is_written_down_who_saw_it_as_whom_and_the_person_reads_it(cast, asked, pia, caplog):
    caplog.set_level(logging.INFO)
    begin(pia, asked)
    pia.get(reverse("my_letters"))
    pia.post(reverse("my_absence"), {"substitute": cast.anne.pk})
    pia.post(reverse("stop_impersonation"))
    seen = Impersonation.objects.get()
    assert (seen.viewer, seen.person, seen.question, seen.role) == (cast.pia, cast.karen, asked.pk, "DIT_SUPPORT")
    assert seen.until - seen.at == timedelta(minutes=15)
    lines = [json.loads(JsonFormatter().format(one)) for one in caplog.records if hasattr(one, "event")]
    noted = [(line["event"], line.get("path"), line["user_id"]) for line in lines]
    assert ("viewing_began", None, cast.pia.pk) in noted
    assert ("viewing_ended", None, cast.pia.pk) in noted
    assert not [line for line in lines if line["user_id"] == cast.karen.pk], "nothing is told of her"
    for reader, said in (
        (cast.karen, "Pia Søndergård fra DIT så siden, som du ser den, for at kunne hjælpe."),
        (cast.jens, "Pia Søndergård fra DIT så siden, som Karen Bülow Møller ser den, for at kunne hjælpe."),
    ):
        letter = Letter.objects.visible_to(reader).get(pk=cast.passed.pk)
        assert said in [event.text for event in history.letter_events(letter, reader)]
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Impersonation.objects.update(person=cast.jens)


def test_who_did_it_in_the_log_of_requests(asked, pia, cast):
    begin(pia, asked)
    said = []

    class Listening(logging.Handler):
        def emit(self, record):
            said.append(json.loads(JsonFormatter().format(record)))

    logger, handler = logging.getLogger("sepo.requests"), Listening()
    logger.addHandler(handler)
    try:
        pia.get(reverse("my_letters"))
    finally:
        logger.removeHandler(handler)
    assert [(line["user_id"], line["as_user_id"]) for line in said] == [(cast.pia.pk, cast.karen.pk)]


def test_it_ends_by_itself(asked, pia, monday):
    begin(pia, asked)
    monday.move_to(at(2020, 1, 13, 10, 14, 50))
    assert BANNER in pia.get(reverse("my_letters")).text
    monday.move_to(at(2020, 1, 13, 10, 15, 10))
    page = pia.get(reverse("guide")).text
    assert BANNER not in page
    assert IS_OVER in page
    assert IS_OVER not in pia.get(reverse("guide")).text


def test_what_is_sent_too_late_is_not_sent_as_ones_own(asked, pia, cast, monday):
    """The form was Karen's: her substitute must not become Pia's."""
    begin(pia, asked)
    monday.move_to(at(2020, 1, 13, 10, 15, 10))
    absence = {"first_day_0": "14", "first_day_1": "1", "first_day_2": "2020", "substitute": cast.anne.pk}
    refused = pia.post(reverse("my_absence"), absence)
    assert refused.status_code == 403
    assert "<h1>Visningen er slut</h1>" in refused.text
    assert not cast.pia.absences.exists()
    assert not cast.karen.absences.exists()


def test_a_form_that_was_shown_is_worth_nothing_once_it_has_ended(asked, cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.pia, backend="django.contrib.auth.backends.ModelBackend")

    def token(path):
        return str(client.get(path).context["csrf_token"])

    own = token(reverse("escalation", args=[asked.pk]))
    begun = client.post(reverse("see_as_asker", args=[asked.pk]), {"csrfmiddlewaretoken": own})
    assert begun.status_code == 302
    shown = token(reverse("my_absence"))
    assert client.post(reverse("stop_impersonation"), {"csrfmiddlewaretoken": shown}).status_code == 302
    late = client.post(reverse("my_absence"), {"csrfmiddlewaretoken": shown})
    assert late.status_code == 403
    assert "Siden har stået åben for længe" in late.text


def closes(person):
    User.objects.filter(pk=person.pk).update(is_active=False)


def leaves(person):
    User.objects.filter(pk=person.pk).update(left_on=timezone.localdate())


def becomes(role):
    def give(person):
        Membership.objects.create(user=person, unit=Membership.objects.first().unit, role=role)

    return give


def loses_its_roles(person):
    Membership.objects.filter(user=person).delete()


@pytest.mark.parametrize(
    ("who", "what"),
    [
        ("karen", closes),
        ("karen", leaves),
        ("karen", becomes(Membership.Role.KIT_ADMIN)),
        ("karen", becomes(Membership.Role.LEADER)),
        ("pia", loses_its_roles),
    ],
)
def test_it_ends_when_what_it_leaned_on_is_gone(asked, pia, cast, who, what):
    begin(pia, asked)
    what(getattr(cast, who))
    page = pia.get(reverse("guide")).text
    assert BANNER not in page
    assert IS_OVER in page


def test_it_ends_when_the_viewer_is_shut_out_or_signs_out(asked, pia, cast):
    begin(pia, asked)
    closes(cast.pia)
    assert pia.get(reverse("my_letters")).url.startswith("/log-ind/")
    User.objects.filter(pk=cast.pia.pk).update(is_active=True)
    pia.force_login(cast.pia, backend="django.contrib.auth.backends.ModelBackend")
    assert BANNER not in pia.get(reverse("guide")).text
    begin(pia, asked)
    pia.post(reverse("sign_out"))
    pia.force_login(cast.pia, backend="django.contrib.auth.backends.ModelBackend")
    assert BANNER not in pia.get(reverse("guide")).text


def test_nobody_sees_it_as_another_from_where_they_see_it_as_somebody(asked, pia):
    begin(pia, asked)
    again = pia.post(reverse("see_as_asker", args=[asked.pk]))
    assert again.status_code == 403
    assert Impersonation.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Membership.Role if role != Membership.Role.LEADER])
def test_nobody_is_seen_as_who_has_a_wider_sight(asked, pia, cast, role):
    Membership.objects.create(user=cast.karen, unit=cast.svalevej, role=role)
    assert "Se siden som Karen" not in pia.get(reverse("escalation", args=[asked.pk])).text
    page = begin(pia, asked).text
    assert "Du kan kun se siden, som en medarbejder eller en leder ser den" in page
    assert not Impersonation.objects.exists()


def test_only_whose_case_it_is_and_while_it_lasts(asked, as_user, cast):
    services.release_escalation(asked, cast.pia)
    assert "Tag sagen først." in begin(as_user(cast.pia), asked).text
    services.take_escalation(asked, cast.pia)
    services.answer_escalation(asked, "Søg på emnet.", by=cast.pia)
    assert "Tag sagen først." in begin(as_user(cast.pia), asked).text
    assert not Impersonation.objects.exists()


def test_personalejura_needs_no_others_eyes(asked, as_user, cast):
    Letter.objects.filter(pk=cast.passed.pk).update(is_personnel_case=True)
    Escalation.objects.update(desk="HR", owner=cast.hanne)
    page = as_user(cast.hanne).get(reverse("escalation", args=[asked.pk]))
    assert page.status_code == 200
    assert "Se siden som Karen" not in page.text
    assert "Tag sagen først." in begin(as_user(cast.hanne), asked).text


def test_koncern_it_does_at_its_own_desk(asked, as_user, cast):
    services.forward_escalation(asked, Escalation.Desk.KIT, cast.pia, "")
    services.take_escalation(asked, cast.mette)
    assert BANNER in begin(as_user(cast.mette), asked).text
    assert Impersonation.objects.get().role == Membership.Role.KIT_ADMIN
