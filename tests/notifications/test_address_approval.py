"""An address outside the municipality's domains gets no mail before somebody else has approved it."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.urls import reverse

from letters.models import Letter
from letters.models.letter import OWNER_IS_MISSING
from notifications import sign_in_codes
from notifications.apps import WITHOUT_OWN_DOMAINS
from notifications.delivery_problems import failed_mail
from notifications.kinds.receivers import MailAbsences
from notifications.models import Delivery, Kind, SignInCode, State
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.accounts import users
from sepo_incident.accounts.models import AddressApproval, User
from sepo_incident.accounts.users import is_own_address
from sepo_incident.core import calendar
from tests.factories import UserFactory
from tests.notices import delivery_to, request_first_notices, write_notices

PRIVATE = "karen@hjem.test"


@pytest.fixture(autouse=True)
def _own_domains(settings):
    settings.MAIL = {**settings.MAIL, "own_domains": ["kk.example", "kit.example"]}


@pytest.fixture
def private(cast):
    """Karen's address is private."""
    User.objects.filter(pk=cast.karen.pk).update(email=PRIVATE)
    cast.karen.refresh_from_db()
    return cast.karen


@pytest.fixture
def held(cast, private, drain):
    """The first notices are sent, but not to Karen."""
    write_notices(request_first_notices(cast.incident))
    drain()
    failed_mail.update_unreachable_people()
    return delivery_to(private)


def post(client, delivery, way, **said):
    return client.post(reverse("resolve_mail", args=[delivery.pk, way]), said, follow=True)


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("a@kk.example", True),
        ("A@BUF.KK.Example", True),
        ("a@xkk.example", False),
        ("a@kk.example.hjem.test", False),
        ("a@kk.example@hjem.test", False),
        ("kk.example", True),
        ("a@hjem.test", False),
    ],
)
def test_own_domains_include_subdomains_only(address, is_own):
    assert is_own_address(address) is is_own


def test_without_domains_every_address_is_allowed(settings):
    settings.MAIL = {**settings.MAIL, "own_domains": []}
    assert is_own_address(PRIVATE)
    assert WITHOUT_OWN_DOMAINS in run_checks(include_deployment_checks=True)


def test_first_notice_waits_and_the_copy_is_sent(cast, held, sink):
    assert sink.mails_to(PRIVATE) == []
    assert len(sink.mails_to(cast.jens.email)) == 1
    assert (held.state, held.stage, held.conversations.get().outcome) == ("UNAPPROVED", "prepare", "UNAPPROVED")
    call_command("balance")


def test_kit_is_told_before_the_first_notices_are_sent(cast, private, as_user):
    page = as_user(cast.mette).get(reverse("notices")).content.decode()
    assert "1 modtager har en adresse uden for kommunen." in page


def test_letters_of_the_person_count_as_reaching_nobody(cast, held):
    cast.karen.refresh_from_db()
    assert cast.karen.unreachable_since
    assert "ikke godkendt" in cast.karen.unreachable_why
    assert cast.karen.pk in MailAbsences.on(calendar.today()).out, "reminders go to the leader"
    without_sender = Letter.objects.filter(OWNER_IS_MISSING["afsender"])
    assert without_sender.filter(pk=cast.plain.pk).exists(), "the letter is on «Mangler ansvarlig»"


def test_kit_finds_the_person_by_a_count_and_a_next_step(cast, held, as_user):
    page = as_user(cast.mette).get(reverse("not_reached")).content.decode()
    assert "Godkend adressen, eller ret den." in page
    assert "Adressen er uden for kommunens domæner og ikke godkendt. Mailen er ikke sendt." in page
    assert cast.karen.name in page
    detail = as_user(cast.mette).get(reverse("unreached_mail", args=[held.pk])).content.decode()
    assert "Godkend adressen, og send" in detail
    assert "igen til samme adresse" not in detail


def test_mail_in_the_queue_waits_when_it_comes_to_be_sent(cast, dispatch, drain, sink, settings):
    """The check is made at the last moment, so it also holds for mails that were written before."""
    settings.MAIL = {**settings.MAIL, "own_domains": ["andet.example"]}
    drain()
    assert sink.mails == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.UNAPPROVED}


def test_approval_sends_the_mail_and_later_ones(cast, held, drain, sink, as_user):
    answer = post(as_user(cast.mette), held, "godkend", hvorfor="Hun er vikar.")
    assert "Adressen er godkendt, og 1 mail er på vej." in answer.content.decode()
    approval = AddressApproval.objects.get()
    said = (approval.user, approval.address, approval.by, approval.reason)
    assert said == (cast.karen, PRIVATE, cast.mette, "Hun er vikar.")
    cast.karen.refresh_from_db()
    assert cast.karen.unreachable_since is None
    enqueue_standalone_mail(Kind.ANSWER, cast.karen, "Svar", "Tekst")
    drain()
    assert len(sink.mails_to(PRIVATE)) == 2
    call_command("balance")


def test_changed_address_needs_an_approval_of_its_own(cast, held, drain, sink):
    failed_mail.approve_address(held, "Hun er vikar.", by=cast.mette)
    User.objects.filter(pk=cast.karen.pk).update(email="karen@andet.test")
    cast.karen.refresh_from_db()
    enqueue_standalone_mail(Kind.ANSWER, cast.karen, "Svar", "Tekst")
    enqueue_standalone_mail(Kind.ANSWER, UserFactory(email="nabo@hjem.test"), "Svar", "Tekst")
    drain()
    assert {mail.rcpt_tos[0] for mail in sink.mails} >= {PRIVATE}
    assert sink.mails_to("karen@andet.test") == sink.mails_to("nabo@hjem.test") == []


def test_typed_address_outside_the_municipality_waits_for_its_approval(cast, held, drain, sink, as_user):
    answer = post(as_user(cast.mette), held, "adresse", adresse="karen@andet.test").content.decode()
    assert "uden for kommunen" in answer
    assert "på vej" not in answer
    drain()
    waiting = Delivery.objects.get(address="karen@andet.test")
    assert (waiting.state, sink.mails_to("karen@andet.test")) == ("UNAPPROVED", [])
    post(as_user(cast.mette), waiting, "godkend", hvorfor="Hun er vikar.")
    drain()
    assert len(sink.mails_to("karen@andet.test")) == 1


def test_code_to_sign_in_is_not_sent_and_the_answer_tells_nothing(cast, private, client, sink):
    def ask(email):
        return client.post(reverse("sign_in"), {"email": email}, follow=True).content.decode().replace(email, "X")

    ask(PRIVATE)
    sign_in_codes.send_due_codes()
    assert sink.mails == []
    [row] = SignInCode.objects.all()
    assert (row.code, row.problem, row.sent_at) == ("", "Adressen er ikke godkendt.", None)
    users.record_approval(private, PRIVATE, "Hun er vikar.", by=cast.mette)
    ask(PRIVATE)
    sign_in_codes.send_due_codes()
    assert len(sink.mails_to(PRIVATE)) == 1
