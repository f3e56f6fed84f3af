"""More than `MAX_MAILS_AT_ONCE` mails need a tick that names the number, and a test mail of the text or a reason."""

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from notifications.dispatching import dispatch_lifecycle
from notifications.dispatching.dispatch_lifecycle import NotAssured
from notifications.models import Dispatch, Kind, Notice, SendingChange
from notifications.texts.notice_texts import TextSource, default_source, save_new_version

FIRST_NOTICE = Kind.FIRST_NOTICE


@pytest.fixture
def many_mails(cast, monkeypatch):
    """Three senders are owed a first notice; with the copies that is five mails, one too many."""
    monkeypatch.setattr(dispatch_lifecycle, "MAX_MAILS_AT_ONCE", 4)
    return cast


@pytest.fixture
def kit(as_user, cast):
    return as_user(cast.mette)


def send(client, **given):
    return client.post(reverse("send_notices"), {"lovet": 3, "mails": 5, **given})


def send_test_mail(client, subject, body):
    typed = {"version": 0, "subject": subject, "body": body, "proeve": "1"}
    client.post(reverse("text", args=["foerste-besked"]), typed)


def history(client):
    return " ".join(client.get(reverse("dispatch", args=[Dispatch.objects.get().pk])).text.split())


def test_mails_up_to_the_limit_ask_for_nothing(kit, monkeypatch):
    monkeypatch.setattr(dispatch_lifecycle, "MAX_MAILS_AT_ONCE", 5)
    assert "Ja, jeg vil sende" not in kit.get(reverse("notices")).text
    kit.post(reverse("send_notices"), {"lovet": 3})
    assert Dispatch.objects.get().promised == 3
    assert not SendingChange.objects.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"grund": "Læst af to", "kryds": "on", "mails": 4}, "Sæt kryds ved, at du vil sende 5 mails."),
        ({"kryds": "on", "grund": " "}, "Send en prøvemail til dig selv, eller skriv, hvorfor du ikke"),
    ],
)
def test_large_dispatch_is_refused_and_keeps_what_was_typed(many_mails, kit, given, said):
    response = send(kit, **given)
    assert response.status_code == 422
    assert said in response.text
    assert given.get("grund", "") in response.text
    assert ">Ja, jeg vil sende 5 mails</label>" in response.text
    assert not Dispatch.objects.exists()


def test_reason_is_kept_with_the_dispatch(many_mails, kit):
    shown = kit.get(reverse("notices")).text
    assert "Ja, jeg vil sende 5 mails" in shown
    assert "Hvorfor sender du uden prøvemail?" in shown
    send(kit, kryds="on", grund="Læst af to")
    change = SendingChange.objects.get()
    assert (change.kind, change.number, change.reason, change.by) == ("ASSURED", 5, "Læst af to", many_mails.mette)
    assert "Mette Dahl bekræftede 5 mails uden prøvemail: »Læst af to«" in history(kit)


def test_test_mail_of_the_text_is_enough(many_mails, kit):
    """The text may be tested before it is saved: what counts is that the mail had the words that apply now."""
    source = default_source(FIRST_NOTICE)
    send_test_mail(kit, source.subject, source.body)
    assert "Hvorfor sender du uden prøvemail?" not in kit.get(reverse("notices")).text
    changed = TextSource("Breve, der ikke kom frem", source.body)
    save_new_version(FIRST_NOTICE, many_mails.incident, changed, 0, many_mails.mette)
    assert send(kit, kryds="on").status_code == 422, "the text has changed since"
    send_test_mail(kit, changed.subject, changed.body)
    send(kit, kryds="on", grund="")
    change = SendingChange.objects.get()
    assert (change.reason, change.test_mail) == ("", Notice.objects.filter(kind=Kind.TEST).latest("pk"))
    assert f'5 mails efter en <a href="{reverse("notice", args=[change.test_mail_id])}">prøvemail</a>' in history(kit)


def test_test_mail_of_a_different_text_or_person_does_not_count(many_mails, kit, as_user):
    text = default_source(Kind.REMINDER)
    kit.post(reverse("text", args=["paamindelse"]), {"version": 0, **text._asdict(), "proeve": "1"})
    assert Notice.objects.filter(kind=Kind.TEST, written_by=many_mails.mette).exists()
    with pytest.raises(NotAssured):
        dispatch_lifecycle.request_dispatch(FIRST_NOTICE, many_mails.incident, 3, many_mails.mette, ticked=5)


def test_command_needs_a_reason(many_mails):
    name = many_mails.incident.slug
    with pytest.raises(CommandError, match=r"Der er ikke sendt noget\. .* Brug --reason\."):
        call_command("send_notices", "--incident", name)
    assert not Dispatch.objects.exists()
    call_command("send_notices", "--incident", name, "--reason", "Læst af to")
    assert SendingChange.objects.get().reason == "Læst af to"


def test_database_refuses_an_assurance_without_test_mail_and_reason(many_mails, kit):
    send(kit, kryds="on", grund="Læst af to")
    dispatch = Dispatch.objects.get()
    with pytest.raises(IntegrityError, match="sending_change_is_assured"), transaction.atomic():
        dispatch_lifecycle.record_change(dispatch, SendingChange.Kind.ASSURED, many_mails.mette, number=5)
