"""Which mail of ours a mail is about: the strongest sign decides, and a forged one ends the search."""

import re

import pytest

from notifications.inbound import evidence
from notifications.models import Delivery, Evidence, IncomingMail, Kind, State
from notifications.outbox import delivery_queue
from notifications.outbox.enqueue import enqueue_standalone_mail
from tests.notifications.conftest import delivery_to
from tests.notifications.inbound.mails import NO, auto_reply, bounce, comes, file_all, mail, reply, report, send_all
from tests.notifications.inbound.test_classifying import SAMPLES

Became, By = IncomingMail.Became, IncomingMail.MatchedBy


def test_replay_every_sample_sent_to_a_return_path_of_ours_is_about_that_delivery(karens):
    """Whatever its body says, and whoever's return path stands in it. One of them has its case folded."""
    filed = {}
    for number, (name, raw) in enumerate(SAMPLES.items()):
        to = karens.return_path.upper() if number % 2 else karens.return_path
        filed[name] = comes(raw, to)
    wrong = {name: one.became for name, one in filed.items() if (one.became, one.delivery) != (Became.MATCHED, karens)}
    assert wrong == {}
    assert {one.matched_by for one in filed.values()} == {By.TOKEN}
    proving = {name for name, one in filed.items() if one.evidence.exists()}
    assert set(SAMPLES) - proving == {name for name, one in filed.items() if one.kind == "other"}
    assert Evidence.objects.exclude(delivery=karens).count() == 0


def test_replay_without_an_envelope(karens):
    """A mailbox does not tell whom the mail was sent to; then the return path in its headers does."""
    number = f"{karens.pk}-{karens.return_token}"
    for name, raw in SAMPLES.items():
        headed = f"Delivered-To: bounce+{number}@kit.example\n".encode() + raw.lstrip()
        assert comes(headed, "").delivery == karens, name


def made_up(delivery: Delivery) -> list[str]:
    token = delivery.return_token
    return [
        f"bounce+{delivery.pk}-{token[::-1]}@kit.example",
        f"bounce+{delivery.pk + 1}-{token}@kit.example",
        f"bounce+{delivery.pk}-{token[:-1]}@kit.example",
        f"bounce+{delivery.pk}@kit.example",
        "bounce+@kit.example",
        f"bounce+{'9' * 30}-{token}@kit.example",
        f"bounce+{delivery.pk}-{token}'--@kit.example",
    ]


def test_a_forged_return_path_changes_nothing(karens, jenses):
    """Not even where the mail also names our Message-ID, and the ENVID of another mail."""
    returned = [f"Message-ID: {karens.notice.message_id}", "Subject: Dine breve"]
    before = list(Delivery.objects.order_by("pk").values())
    for number, address in enumerate(made_up(jenses)):
        came = comes(bounce(karens, lease=1, returned=returned, number=number), address)
        assert (came.became, came.delivery, came.notice) == (Became.FORGED, None, None), address
        assert comes(reply(karens, f"Hej {number}"), address).became == Became.FORGED
    for raw in SAMPLES.values():  # their return paths are made up as well
        comes(raw, "")
    assert Evidence.objects.count() == 0
    assert list(Delivery.objects.order_by("pk").values()) == before


def test_a_forged_envelope_id_ends_the_search(karens, jenses):
    forged = bounce(jenses, lease=1, returned=[f"Message-ID: {jenses.notice.message_id}"])
    forged = forged.replace(jenses.return_token.encode(), b"0" * 20)
    assert comes(forged).became == Became.FORGED


def test_by_envelope_id(karens):
    """The return path was lost on the way (a gateway that rewrites it)."""
    came = comes(bounce(karens, lease=1))
    assert (came.matched_by, came.delivery) == (By.ENVELOPE_ID, karens)


def test_the_id_that_is_given_with_each_attempt_says_which_it_is(dispatch, drain, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown", times=1)
    drain()
    refused = Delivery.objects.get(state=State.REFUSED)
    delivery_queue.retry_deliveries([refused.pk])
    drain()
    [sent] = sink.mails_to(refused.address)
    assert sent.mail_from == refused.return_path
    envelope_id = next(one.removeprefix("ENVID=") for one in sent.mail_options if one.startswith("ENVID="))
    assert envelope_id == f"{refused.pk}-{refused.return_token}-2"
    assert comes(bounce(refused, lease=2)).evidence.get().lease == 2


@pytest.mark.parametrize("makes", [bounce, report, lambda one, **said: report(one, "relayed", **said)])
def test_a_report_that_knows_no_more_than_a_leader_in_copy_is_shown_and_proves_nothing(karens, jenses, makes):
    """The number of the mail and the address stand in the copy, so anybody who has one can make up such a report,
    also in the sender's name."""
    returned = [f"Message-ID: {karens.notice.message_id}", "Subject: Dine breve"]
    before = list(Delivery.objects.order_by("pk").values())
    made_up = makes(karens, returned=returned)
    for raw in (made_up, made_up.replace(b"MAILER-DAEMON@mx.kk.example", karens.address.encode())):
        came = comes(raw)
        assert (came.became, came.notice, came.delivery) == (Became.UNMATCHED, karens.notice, None)
        assert came.matched_by == By.MESSAGE_ID
    assert IncomingMail.objects.needing_attention().count() == 2
    assert list(Delivery.objects.order_by("pk").values()) == before
    assert Evidence.objects.count() == 0


def test_replay_by_the_number_alone_only_answers_prove_something(karens):
    """The samples come to no return path, and are about a mail of ours and its recipient."""
    number = karens.notice.message_id.encode()
    for raw in SAMPLES.values():
        ours = re.sub(rb"<varsel-\d+@kit\.example>", number, raw)
        to_nobody = re.sub(rb"bounce\+\d+-[0-9a-f]+@[\w.]+", b"varsel@kit.example", ours)
        comes(re.sub(rb"\b[\w.]+@kk\.example", karens.address.encode(), to_nobody))
    named = set(IncomingMail.objects.filter(notice=karens.notice).values_list("kind", flat=True))
    proving = set(Evidence.objects.values_list("mail__kind", flat=True))
    assert {"bounce", "delay", "complaint", "human", "auto_reply"} <= named
    assert {"human", "auto_reply"} <= proving <= {"human", "auto_reply", "challenge"}


@pytest.mark.parametrize(("makes", "proves"), [(reply, State.DELIVERED), (auto_reply, State.AUTO_REPLY)])
def test_an_answer_is_weaker_than_a_bounce_to_the_return_path(karens, makes, proves):
    """Anybody can write a name, and a reply that is made up must not hide a mail that did not arrive; what is said to
    the return path counts in full."""
    comes(bounce(karens), karens.return_path)
    comes(makes(karens))
    karens.refresh_from_db()
    assert karens.heard == State.RETURNED
    assert Evidence.objects.filter(proves=proves).exists(), "but it is shown"
    assert evidence.count_consistent_deliveries() == Delivery.objects.count()
    comes(report(karens), karens.return_path)
    karens.refresh_from_db()
    assert karens.heard == State.DELIVERED


@pytest.mark.parametrize("makes", [auto_reply, reply])
def test_nobody_answers_a_mail_that_the_server_did_not_take(cast, dispatch, makes):
    send_all(NO)
    refused = delivery_to(cast.karen)
    came = comes(makes(refused))
    assert (came.notice, came.delivery) == (refused.notice, None)
    refused.refresh_from_db()
    assert (refused.state, refused.heard) == (State.REFUSED, "")


def test_an_answer_is_stronger_than_a_mail_server_that_knows_nothing(karens):
    comes(report(karens, "relayed"), karens.return_path)
    comes(reply(karens))
    karens.refresh_from_db()
    assert karens.heard == State.DELIVERED


@pytest.mark.parametrize("makes", [auto_reply, reply])
def test_an_answer_is_known_by_what_it_answers_and_who_wrote_it(karens, jenses, makes):
    assert comes(makes(jenses)).delivery == jenses
    assert comes(makes(karens)).delivery == karens


def test_a_colleague_answers(cast, karens):
    """Nobody we wrote to: the notice is known, and a person at KIT looks at it."""
    came = comes(reply(karens, author="kollega@kk.example"))
    assert (came.kind, came.became, came.notice, came.delivery) == ("human", Became.UNMATCHED, karens.notice, None)
    assert came.matched_by == By.MESSAGE_ID


def test_a_token_in_the_words_of_a_mail_is_none(karens):
    text = f"Jeg fik en mail fra bounce+{karens.pk}-{karens.return_token}@kit.example. Er den ægte?"
    headers = {"From": "Olga <olga@kk.example>", "To": "varsel@kit.example", "Subject": "Er det jer?"}
    came = comes(mail(headers, text))
    assert (came.kind, came.became) == ("human", Became.UNMATCHED)


def test_our_own_mail_that_comes_back_is_known(karens):
    """A mailbox passes everything on to us. Nothing answers it, so no loop begins."""
    headers = {"From": "varsel@kit.example", "To": karens.address, "Subject": "Dine breve"}
    ours = mail(headers | {"Message-ID": karens.notice.message_id, "Auto-Submitted": "auto-generated"}, "Hej")
    before = Delivery.objects.count()
    assert comes(ours).became == Became.OURS
    assert comes(ours, karens.return_path).delivery == karens
    assert Evidence.objects.count() == 0
    assert Delivery.objects.count() == before


def test_only_a_canary_arrives_by_coming_to_the_address_that_it_was_sent_to(karens):
    """It went to an address of ours. A notice went to somebody else's, and whoever has a copy can send it on."""
    canary = enqueue_standalone_mail(Kind.CANARY, "proeve@kit.example", "Prøve", "Hej").deliveries.get()
    send_all()

    def comes_home(delivery):
        head = {"From": "varsel@kit.example", "Subject": "Prøve", "Message-ID": delivery.notice.message_id}
        return comes(mail(head, "Hej"), delivery.address.upper())

    came = comes_home(canary)
    assert (came.became, came.delivery, came.evidence.get().proves) == (Became.MATCHED, canary, State.DELIVERED)
    assert comes_home(karens).became == Became.OURS
    assert Evidence.objects.exclude(delivery=canary).count() == 0


def test_nothing_comes_of_a_strangers_mail(sent):
    came = comes(mail({"From": "nyt@firma.example", "List-Id": "<nyt>", "Subject": "Tilbud"}, "Køb nu"))
    assert (came.kind, came.became) == ("other", Became.UNMATCHED)


def test_one_that_cannot_be_filed_is_shown_and_stops_nobody(karens, monkeypatch):
    from notifications.inbound import inbox_worker

    real = inbox_worker.match_mail

    def stumbles(signs, ours):
        if signs.verdict.kind == "auto_reply":
            raise RuntimeError("umuligt")
        return real(signs, ours)

    monkeypatch.setattr(inbox_worker, "match_mail", stumbles)
    from notifications.inbound.mail_intake import store_incoming

    store_incoming(auto_reply(karens), "", [karens.return_path])
    store_incoming(report(karens), "", [karens.return_path])
    assert file_all() == 2
    assert [one.became for one in IncomingMail.objects.order_by("pk")] == [Became.UNREADABLE, Became.MATCHED]


def test_mails_that_take_long_to_read_are_not_one_batch(karens, monkeypatch):
    """A batch that outlasts its task would be begun anew for ever, and nothing behind it would be read."""
    from notifications.inbound import inbox_worker
    from notifications.inbound.mail_intake import store_incoming

    store_incoming(auto_reply(karens), "", [karens.return_path])
    store_incoming(report(karens), "", [karens.return_path])
    monkeypatch.setattr(inbox_worker, "MAX_READING_SECONDS", 0)
    assert [inbox_worker.process_batch(), inbox_worker.process_batch(), inbox_worker.process_batch()] == [1, 1, 0]


def test_what_postgres_cannot_hold(karens):
    came = comes(b"From: a\0b@kk.example\r\nSubject: \0\r\nMessage-ID: <\0@x>\r\n\r\nHej\0", "varsel@kit.example\0")
    assert came.became == Became.UNMATCHED
