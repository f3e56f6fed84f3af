"""A code by mail signs people in: the mail, the page for the code, and what guesses and strangers get."""

import re

import pytest
from allauth.core.internal import ratelimit
from django.conf import settings
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from notifications import sign_in_codes
from notifications.models import Delivery, Notice, SendingSettings, SignInCode
from notifications.outbox import mime
from sepo_incident.accounts.models import User
from tests.fixtures_sink import server_at

pytestmark = pytest.mark.django_db
CODE_PAGE = "/log-ind/kode/"
GONE = "Koden kan ikke bruges mere."


@pytest.fixture(autouse=True)
def _karens_address(cast):
    User.objects.filter(pk=cast.karen.pk).update(email="karen@buf.example")
    cast.karen.refresh_from_db()


def ask_for_code(client, email="karen@buf.example", onward=""):
    return client.post(reverse("sign_in"), {"email": email, "next": onward})


def code_in(mail):
    return re.match(r"\d{8}\b", mail.text)[0]


def send_code(client, sink, email="karen@buf.example", onward=""):
    """Ask for a code, send the mail, and return the code."""
    assert ask_for_code(client, email, onward).status_code == 302
    assert sign_in_codes.send_due_codes() == 1
    return code_in(sink.mails[-1])


def is_signed_in(client):
    return "_auth_user_id" in client.session


def wrong(code):
    return f"{(int(code) + 1) % 100_000_000:08d}"


def test_code_signs_in_and_leads_to_the_page_that_was_asked_for(cast, client, sink):
    User.objects.update(claimed_at=None)
    code = send_code(client, sink, "Karen@BUF.example", onward="/mine-breve/?p=2")
    answer = client.post(CODE_PAGE, {"code": f" {code[:4]} {code[4:]} ", "next": "/mine-breve/?p=2"})
    assert answer.url == "/mine-breve/?p=2"
    assert is_signed_in(client)
    cast.karen.refresh_from_db()
    assert cast.karen.claimed_at


def test_code_is_deleted_when_sent_and_is_no_evidence(cast, client, sink):
    send_code(client, sink)
    [row] = SignInCode.objects.all()
    assert (row.user, row.code, row.problem) == (cast.karen, "", "")
    assert row.sent_at
    assert not Notice.objects.exists()
    assert not Delivery.objects.exists()


def test_unknown_address_gets_the_same_page_and_no_mail(cast, sink):
    def answer_to(email):
        """Return the page after asking for a code, without what differs each time."""
        page = Client().post(reverse("sign_in"), {"email": email}, follow=True).text
        return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page).replace(email, "X")

    assert answer_to(cast.karen.email) == answer_to("ingen@buf.example")
    sign_in_codes.send_due_codes()
    assert [mail.rcpt_tos for mail in sink.mails] == [[cast.karen.email]]


@pytest.mark.parametrize("email", ["kar\u0131n@buf.example", "karen@bu\u017f.example"])
def test_lookalike_address_is_answered_as_an_unknown_one(cast, client, email):
    User.objects.filter(pk=cast.karen.pk).update(email="karin@buf.example")
    User.objects.filter(pk=cast.jens.pk).update(email="karen@bus.example")
    assert ask_for_code(client, email).status_code == 302
    assert not SignInCode.objects.exists()


def test_code_that_cannot_be_built_does_not_hold_back_the_next(cast, client, sink, monkeypatch, caplog):
    build = mime.build_mail
    monkeypatch.setattr(
        mime, "build_mail", lambda notice, to: 1 / 0 if to[0].address == cast.jens.email else build(notice, to)
    )
    ask_for_code(Client(), cast.jens.email)
    ask_for_code(client)
    assert sign_in_codes.send_due_codes() == 2
    assert [mail.rcpt_tos[0] for mail in sink.mails] == [cast.karen.email]
    assert "cannot be made into a mail" in caplog.text
    row = SignInCode.objects.get(user=cast.jens)
    assert (row.problem, bool(row.code)) == ("Mailen kan ikke dannes.", True), "it is tried again"


def test_code_does_not_outlive_a_corrected_address(cast, client, sink):
    code = send_code(client, sink)
    User.objects.filter(pk=cast.karen.pk).update(email="karen.ny@buf.example")
    assert GONE in client.post(CODE_PAGE, {"code": code}, follow=True).text
    assert not is_signed_in(client)


def test_three_wrong_codes_drop_the_code(cast, client, sink):
    code = send_code(client, sink)
    for _ in range(2):
        assert "Koden er forkert." in client.post(CODE_PAGE, {"code": wrong(code)}).text
    dropped = client.post(CODE_PAGE, {"code": wrong(code)}, follow=True)
    assert dropped.request["PATH_INFO"] == reverse("sign_in")
    assert "Der er prøvet for mange gange." in dropped.text
    assert GONE in client.post(CODE_PAGE, {"code": code}, follow=True).text
    assert not is_signed_in(client)


def test_guesses_at_the_same_moment_are_counted(cast, client, sink):
    """Each guess begins with the session of the first, as when all are sent before any is answered."""
    code = send_code(client, sink)
    before = dict(client.session)
    for _ in range(3):
        client.post(CODE_PAGE, {"code": wrong(code)})
        session = client.session
        session.update(before)
        session.save()
    assert "Der er prøvet for mange gange." in client.post(CODE_PAGE, {"code": code}).text
    assert not is_signed_in(client)


def test_right_code_sent_at_the_same_moment_makes_one_session(cast, client, sink):
    code = send_code(client, sink)
    asked = dict(client.session)
    others = [Client() for _ in range(4)]
    for other in others:  # each request begins with the session in which nobody is signed in yet
        session = other.session
        session.update(asked)
        session.save()
    answers = [one.post(CODE_PAGE, {"code": code}).url for one in (client, *others[:2])]
    assert [is_signed_in(one) for one in (client, *others)] == [True, *[False] * 4]
    assert set(answers) == {"/"}, "the second of two clicks"


def test_code_works_once_and_only_in_the_same_browser(cast, client, sink):
    code = send_code(client, sink)
    assert GONE in Client().post(CODE_PAGE, {"code": code}, follow=True).text
    client.post(CODE_PAGE, {"code": code})
    assert is_signed_in(client)
    assert client.post(CODE_PAGE, {"code": code}).url == "/", "the second of two clicks"
    assert is_signed_in(client)
    client.post(reverse("sign_out"))
    assert GONE in client.post(CODE_PAGE, {"code": code}, follow=True).text


@pytest.mark.parametrize(("minutes", "is_in_time"), [(9, True), (11, False)])
def test_code_works_for_ten_minutes(cast, client, sink, time_machine, minutes, is_in_time):
    time_machine.move_to("2020-01-13T10:00:00+01:00")
    code = send_code(client, sink)
    time_machine.move_to(f"2020-01-13T10:{minutes:02d}:00+01:00")
    page = client.post(CODE_PAGE, {"code": code}, follow=True)
    assert (is_signed_in(client), GONE in page.text) == (is_in_time, not is_in_time)


def test_new_code_replaces_the_old_and_there_are_two_more(cast, client, sink):
    first = send_code(client, sink)
    for left in (True, False):
        page = client.post(CODE_PAGE, {"action": "resend"}, follow=True)
        assert ("Send en ny kode" in page.text) == left
        sign_in_codes.send_due_codes()
    assert len(sink.mails) == 3
    assert "Koden er forkert." in client.post(CODE_PAGE, {"code": first}).text
    client.post(CODE_PAGE, {"code": code_in(sink.mails[-1])})
    assert is_signed_in(client)


@pytest.mark.parametrize("email", ["karen@buf.example", "ingen@buf.example"])
def test_a_name_gets_three_codes_a_minute(cast, email):
    for _ in range(3):
        assert ask_for_code(Client(), email).status_code == 302
    refused = ask_for_code(Client(), email.upper())
    assert "Der er prøvet for mange gange." in refused.text


def test_a_name_that_never_enters_a_code_gets_twenty_a_day(cast, client, sink, time_machine):
    def ask_each_hour(times):
        for _ in range(times):
            time_machine.shift(3600)
            yield ask_for_code(client).status_code
            SignInCode.objects.all().delete()

    time_machine.move_to("2020-01-13T00:00:00+01:00", tick=False)
    assert set(ask_each_hour(19)) == {302}
    code = send_code(client, sink)
    client.post(CODE_PAGE, {"code": code})
    assert is_signed_in(client), "and is counted from now on"
    client.post(reverse("sign_out"))
    assert set(ask_each_hour(20)) == {302}
    assert list(ask_each_hour(1)) == [200]
    time_machine.shift(24 * 3600)
    assert list(ask_each_hour(1)) == [302]


def test_guesser_of_300_names_hits_one_in_fifteen_years():
    """Each code of each name is guessed as often as it may be, from any number of addresses."""
    [codes_a_day] = ratelimit.parse_rates(settings.CODES_UNTIL_ONE_IS_ENTERED)
    guesses_a_day = 300 * codes_a_day.amount * settings.ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS
    assert guesses_a_day * 365 * 15 < 10 ** settings.ACCOUNT_LOGIN_BY_CODE_FORMAT["length"]


@pytest.mark.parametrize("email", ["karen", "karen@buf.example\x00"])
def test_nonsense_is_refused_in_danish(cast, client, email):
    page = ask_for_code(client, email)
    assert page.status_code == 200
    assert "Fejl: Log ind" in page.text
    assert not SignInCode.objects.exists()


def test_code_goes_past_pause_and_speed_limit(cast, client, dispatch, sink, settings):
    settings.MAIL = settings.MAIL | {"per_minute": 1}
    SendingSettings.objects.update_or_create(incident=cast.incident, defaults={"paused_at": "2020-01-01T00:00Z"})
    assert send_code(client, sink)


def test_second_server_takes_over_and_a_code_without_server_waits(cast, client, sink, settings, unused_port):
    there, gone = settings.MAIL["servers"][0], server_at(unused_port)
    settings.MAIL = settings.MAIL | {"servers": [gone, there]}
    assert send_code(client, sink)
    settings.MAIL = settings.MAIL | {"servers": [gone]}
    ask_for_code(client, cast.jens.email)
    sign_in_codes.send_due_codes()
    waiting = SignInCode.objects.get(user=cast.jens)
    assert waiting.code
    assert waiting.problem
    assert sign_in_codes.send_due_codes() == 0, "tried again after a few seconds"
    settings.MAIL = settings.MAIL | {"servers": [there]}
    SignInCode.objects.filter(pk=waiting.pk).update(next_attempt_at=Now())
    assert sign_in_codes.send_due_codes() == 1
    assert sink.mails[-1].rcpt_tos == [cast.jens.email]


def test_quick_code_overtakes_slow_ones(cast, sink, monkeypatch):
    monkeypatch.setattr(sign_in_codes, "REPLY_SECONDS", 1)
    SignInCode.objects.create(user=cast.jens, address="slow@buf.example", code="123456")
    SignInCode.objects.create(user=cast.karen, address=cast.karen.email, code="654321")
    sink.delay_reply("RCPT", 30, times=1)
    sign_in_codes.send_due_codes()
    assert [mail.rcpt_tos for mail in sink.mails] == [[cast.karen.email]]


def test_refused_mail_is_given_up_and_says_why(cast, client, sink):
    sink.refuse("RCPT", "550 No such user")
    ask_for_code(client)
    sign_in_codes.send_due_codes()
    [row] = SignInCode.objects.all()
    assert (row.code, row.sent_at) == ("", None)
    assert "550 No such user" in row.problem


def test_switched_off_codes_lead_to_the_password(cast, client, settings):
    settings.SIGN_IN_CODES = False
    page = client.get(reverse("sign_in")).text
    assert "Send mig en kode" not in page
    assert "Log ind med adgangskode" in page
    assert ask_for_code(client).url == reverse("account_login")
    assert not SignInCode.objects.exists()
