"""Which mail of ours a mail is about: the strongest sign decides, and a forged one ends the search."""

import pytest

from notifications.models import Delivery, Evidence, IncomingMail, State
from notifications.sending import outbox
from tests.notifications.inbound.mails import auto_reply, bounce, comes, file_all, mail, reply, report
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
    outbox.retry([refused.pk])
    drain()
    [sent] = sink.to(refused.address)
    assert sent.mail_from == refused.return_path
    envelope_id = next(one.removeprefix("ENVID=") for one in sent.mail_options if one.startswith("ENVID="))
    assert envelope_id == f"{refused.pk}-{refused.return_token}-2"
    assert comes(bounce(refused, lease=2)).evidence.get().lease == 2


def test_by_the_number_in_what_came_back_and_the_address(karens, jenses):
    """All recipients of a notice got the same Message-ID, so the report has to say whom it is about."""
    returned = [f"Message-ID: {karens.notice.message_id}", "Subject: Dine breve"]
    came = comes(bounce(jenses, returned=returned))
    assert (came.matched_by, came.delivery) == (By.MESSAGE_ID, jenses)
    karens.refresh_from_db()
    assert karens.heard == ""
    stranger = comes(bounce(karens, returned=returned, address="fremmed@kk.example"))
    assert (stranger.became, stranger.notice, stranger.delivery) == (Became.UNMATCHED, karens.notice, None)


def test_one_report_about_two_recipients(karens, jenses):
    raw = bounce(karens, returned=[f"Message-ID: {karens.notice.message_id}"]).decode()
    jens = f"\r\nFinal-Recipient: rfc822; {jenses.address}\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
    second = "\r\n--grense\r\nContent-Type: message/rfc822-headers"
    assert second in raw
    comes(raw.replace(second, jens + second).encode())
    said = dict(Evidence.objects.values_list("delivery", "proves"))
    assert said == {karens.pk: State.RETURNED, jenses.pk: State.DELIVERED}


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


def test_a_mail_of_ours_that_comes_to_its_own_address_has_arrived(karens):
    """A canary: it was sent to an address of our own."""
    ours = mail({"From": "varsel@kit.example", "Subject": "Prøve", "Message-ID": karens.notice.message_id}, "Hej")
    came = comes(ours, karens.address.upper())
    assert (came.became, came.delivery, came.evidence.get().proves) == (Became.MATCHED, karens, State.DELIVERED)


def test_nothing_comes_of_a_strangers_mail(sent):
    came = comes(mail({"From": "nyt@firma.example", "List-Id": "<nyt>", "Subject": "Tilbud"}, "Køb nu"))
    assert (came.kind, came.became) == ("other", Became.UNMATCHED)


def test_one_that_cannot_be_filed_is_shown_and_stops_nobody(karens, monkeypatch):
    from notifications.inbound import filing

    real = filing.match

    def stumbles(signs, ours):
        if signs.verdict.kind == "auto_reply":
            raise RuntimeError("umuligt")
        return real(signs, ours)

    monkeypatch.setattr(filing, "match", stumbles)
    from notifications.inbound.receiving import receive

    receive(auto_reply(karens), "", [karens.return_path])
    receive(report(karens), "", [karens.return_path])
    assert file_all() == 2
    assert [one.became for one in IncomingMail.objects.order_by("pk")] == [Became.UNREADABLE, Became.MATCHED]


def test_mails_that_take_long_to_read_are_not_one_batch(karens, monkeypatch):
    """A batch that outlasts its task would be begun anew for ever, and nothing behind it would be read."""
    from notifications.inbound import filing
    from notifications.inbound.receiving import receive

    receive(auto_reply(karens), "", [karens.return_path])
    receive(report(karens), "", [karens.return_path])
    monkeypatch.setattr(filing, "MOST_READING", 0)
    assert [filing.file_some(), filing.file_some(), filing.file_some()] == [1, 1, 0]


def test_what_postgres_cannot_hold(karens):
    came = comes(b"From: a\0b@kk.example\r\nSubject: \0\r\nMessage-ID: <\0@x>\r\n\r\nHej\0", "varsel@kit.example\0")
    assert came.became == Became.UNMATCHED
