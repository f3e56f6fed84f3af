"""The buttons of the dispatch page: stop, and pause and resume of all mails."""

import pytest
from django.urls import reverse

from notifications.dispatching import dispatch_lifecycle
from notifications.models import Delivery, Dispatch
from tests.notices import request_first_notices

Status = Dispatch.Status


@pytest.fixture
def kit(as_user, cast):
    return as_user(cast.mette)


def response_text(response):
    return " ".join(response.content.decode().split())


def post_act(client, name, *args, **fields):
    return response_text(client.post(reverse(name, args=args), fields, follow=True))


def page_text(client, name, *args):
    return response_text(client.get(reverse(name, args=args)))


def test_stop(kit, cast, dispatch):
    stopped = post_act(kit, "stop_dispatch", dispatch.pk, grund="Teksten er forkert")
    assert "Udsendelsen er standset" in stopped
    assert "5 mails blev ikke sendt." in stopped
    assert "Standset <strong>5</strong>" in stopped
    assert "Send 3 beskeder</button>" in page_text(kit, "notices")


def test_second_act_names_the_first_person(kit, cast, dispatch):
    dispatch_lifecycle.stop_dispatch(dispatch, "Teksten er forkert", by=cast.mette)
    said = post_act(kit, "stop_dispatch", dispatch.pk, grund="Vent")
    assert "Mette Dahl var først og standsede udsendelsen kl." in said


def test_a_reason_with_a_cpr_number_is_refused(kit, dispatch):
    assert "CPR-nummer" in post_act(kit, "stop_dispatch", dispatch.pk, grund="Det gælder 120589-1234")
    assert Dispatch.objects.get().status == Status.RUNNING


def test_system_pause_is_shown_on_every_page(kit, cast):
    dispatch_lifecycle.pause_all_mails(cast.incident, "Tre mails blev taget for spam")
    dispatch = request_first_notices(cast.incident, by=cast.mette)
    for name, *args in (["notices"], ["incident"], ["dispatch", dispatch.pk]):
        assert "Hændelsens mails er på pause" in page_text(kit, name, *args)
    assert "Systemet: »Tre mails blev taget for spam«" in page_text(kit, "notices")
    assert "Sæt dem i gang" in page_text(kit, "dispatch", dispatch.pk)
    assert "Mailene bliver sendt igen." in post_act(kit, "resume_all_mails")
    assert "var først og fortsatte" in post_act(kit, "resume_all_mails")


def test_pause_all_on_the_page(kit, cast, dispatch):
    assert "Sæt hændelsens mails på pause</a>" in page_text(kit, "dispatch", dispatch.pk)
    assert "Skriv hvorfor." in post_act(kit, "pause_all_mails", grund=" ")
    assert "Hændelsens mails er på pause" in post_act(kit, "pause_all_mails", grund="Mailvagten ringer")
    assert "Mette Dahl var først og satte på pause" in post_act(kit, "pause_all_mails", grund="Igen")
    assert not Delivery.objects.not_on_hold().exists()
    paused = page_text(kit, "dispatch", dispatch.pk)
    assert 'hx-trigger="every' not in paused, "nothing moves by itself"
    assert "På pause" in page_text(kit, "notices")


def test_finished_dispatch_has_no_pause_button(kit, dispatch, drain):
    drain()
    done = page_text(kit, "dispatch", dispatch.pk)
    assert "Stands udsendelsen" not in done
    assert "Hent Excel" in done
