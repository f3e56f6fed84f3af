"""The demo's own pages, the mailbox and the personas, which exist nowhere else."""

import smtplib
from email.message import EmailMessage
from email.utils import make_msgid

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import NoReverseMatch, reverse

from sepo_incident.accounts.models import User
from sepo_incident.demo import mailbox, sample_incident, tour
from sepo_incident.demo.mailbox import SmtpReceiver, SmtpSink
from tests.engines import demo_urls  # imports the URLs while DEMO is off

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.DEMO = True
    settings.ROOT_URLCONF = demo_urls.__name__


@pytest.fixture
def send_to_mailbox(tmp_path, monkeypatch):
    """A function that sends a mail to an empty mailbox over SMTP."""
    monkeypatch.setattr(mailbox, "folder", lambda: tmp_path / "postkasse")
    sink = SmtpSink(SmtpReceiver(mailbox.store_mail))
    sink.start()

    def post(subject: str, to: str = "karen@buf.example", cc: str = "jens@buf.example") -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Cc"], mail["Subject"] = "besked@kit.example", to, cc, subject
        mail["Message-ID"] = make_msgid(domain="kit.example")
        mail.set_content("Kære Karen\n\nSe brevet: http://127.0.0.1:8000/brev/1/.\n")
        mail.add_alternative(
            '<p style="color:red">Kære Karen <a href="http://127.0.0.1:8000/brev/2/">brev</a></p>', "html"
        )
        with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
            client.send_message(mail, from_addr="bounce@kit.example", to_addrs=[to])

    yield post
    sink.stop()


def test_mailbox_lists_newest_first_and_searches(client, demo, send_to_mailbox):
    send_to_mailbox("Første varsel")
    send_to_mailbox("Andet varsel", to="soren@buf.example")
    page = client.get("/demo/postkasse/").content.decode()
    assert page.index("Andet varsel") < page.index("Første varsel")
    found = client.get("/demo/postkasse/", {"q": "KAREN første"}).content.decode()
    assert "Første varsel" in found
    assert "Andet varsel" not in found
    assert "Ingen mails passer" in client.get("/demo/postkasse/", {"q": "findes ikke"}).content.decode()
    long = client.get("/demo/postkasse/", {"q": "varsel " * 5000}).content.decode()
    assert long.count("Andet varsel") == 1


def test_mailbox_opens_on_the_first_mail_to_the_sender_of_the_tour(client, demo, send_to_mailbox):
    send_to_mailbox("Kære Søren", to="Søren Kjær <soren@buf.example>")
    send_to_mailbox("Tre breve kom ikke frem", to="Karen Bülow Møller <karen@buf.example>")
    send_to_mailbox("Påmindelse", to="Karen Bülow Møller <karen@buf.example>")
    page = client.get("/demo/postkasse/").content.decode()
    shown = page.partition("<article")[2].partition("</article>")[0]
    assert "<strong>Tre breve kom ikke frem</strong>" in shown
    assert 'class="mail-frame"' in shown
    assert "<article" not in client.get("/demo/postkasse/", {"q": "karen"}).content.decode()


def test_a_mail_shows_envelope_text_and_headers(client, demo, send_to_mailbox):
    send_to_mailbox("Breve, der ikke kom frem")
    [entry] = mailbox.list_mails()
    page = client.get(reverse("demo_mail", args=[entry.id], urlconf="tests.engines.demo_urls")).content.decode()
    for words in (
        "Kære Karen",
        "jens@buf.example",
        "bounce@kit.example",
        "Message-ID",
        "Afleveret til karen@buf.example",
    ):
        assert words in page, words
    assert 'sandbox="allow-same-origin allow-top-navigation-by-user-activation"' in page


def test_mail_frame_allows_inline_style_and_no_script(client, demo, send_to_mailbox):
    send_to_mailbox("Varsel")
    [entry] = mailbox.list_mails()
    frame = client.get(f"/demo/postkasse/{entry.id}/html/")
    assert b'style="color:red"' in frame.content
    assert frame["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'none'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'"
    )
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    around = client.get(f"/demo/postkasse/{entry.id}/")
    assert "unsafe-inline" not in around["Content-Security-Policy"]


def test_unknown_mail_is_not_found(client, demo, send_to_mailbox):
    for name in ("../../secrets/django", "1234567890123456789-abcdef"):
        assert client.get(f"/demo/postkasse/{name}/").status_code == 404
        assert mailbox.find_mail(name) is None


def test_strip_changes_the_person_with_one_press_on_every_page(client, demo, monkeypatch):
    monkeypatch.setattr(tour, "is_getting_ready", lambda: False)
    sample_incident.create_staff_users()
    names = [one.name for one in tour.PERSONAS]
    for path in ("/log-ind/", "/vejledning/", "/haendelse/"):
        strip = client.get(path).text.partition('class="demo-bar"')[2].partition("</header>")[0]
        assert all(f">{name}</button>" in strip for name in names), path
        client.post("/demo/log-ind/", {"persona": "dit"})
    client.post("/demo/log-ind/", {"persona": "kit"})
    assert client.session["_auth_user_id"] == str(User.objects.get(name="Mette Dahl").pk)


def test_a_persona_signs_in_with_one_button(client, demo):
    sample_incident.create_staff_users()
    answer = client.post("/demo/log-ind/", {"persona": "kit", "next": "/vejledning/"})
    assert (answer.status_code, answer["Location"]) == (302, "/vejledning/")
    mette = User.objects.get(name="Mette Dahl")
    assert client.session["_auth_user_id"] == str(mette.pk)
    assert mette.claimed_at is not None


def test_persona_sign_in_requires_post_and_a_known_persona(client, demo):
    sample_incident.create_staff_users()
    assert client.get("/demo/log-ind/", {"persona": "kit"}).status_code == 302
    assert client.post("/demo/log-ind/", {"persona": "borgmester"}).status_code == 404
    assert "_auth_user_id" not in client.session


def test_demo_pages_do_not_exist_outside_the_demo():
    with pytest.raises(NoReverseMatch):
        reverse("demo_sign_in", urlconf="sepo_incident.urls")


def test_demo_refuses_outside_the_demo():
    with pytest.raises(CommandError, match=r"kun til i prøveudgaven"):
        call_command("demo", "--only-fill")
    assert not User.objects.exists()


def test_health_names_the_unavailable_engine(cast, client, settings):
    assert client.get("/sundhed/").json() == {"database": True, "disk": True, "broker": True, "silent_queues": []}
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/valkey.sock"
    away = client.get("/sundhed/")
    assert (away.status_code, away.json()) == (
        503,
        {"database": True, "disk": True, "broker": False, "silent_queues": []},
    )
    assert client.get("/sundhed/siden/").status_code == 200
