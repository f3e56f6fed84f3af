"""The demo's simulated mail replies: the mail classifier understands each reply, and replies are deterministic."""

from email.message import EmailMessage

import pytest

from notifications.mail_classifier import classify
from sepo_incident.demo import mail_replies
from tests.factories import at

TOKEN = "12-0123456789abcdef0123"


def sent_mail(
    address: str = "karen@buf.example", to: str = "karen@buf.example", **headers: str
) -> mail_replies.SentMail:
    head = EmailMessage()
    head["From"], head["To"], head["Subject"] = "Koncern IT <besked@kit.example>", to, "Dine breve kom ikke frem"
    head["Message-ID"] = "<abc@kit.example>"
    for name, value in headers.items():
        head[name] = value
    return mail_replies.SentMail(f"bounce+{TOKEN}@kit.example", address, f"{TOKEN}-1", head, at(2020, 1, 13, 9, 5))


@pytest.mark.parametrize(
    ("reaction", "kinds"),
    [
        (mail_replies.report_delivered, ["delivered"]),
        (mail_replies.report_relayed, ["relayed"]),
        (mail_replies.report_delayed, ["delay"]),
        (mail_replies.bounce_unknown_user, ["bounce"]),
        (mail_replies.bounce_mailbox_full, ["bounce"]),
        (mail_replies.send_holiday_reply, ["delivered", "auto_reply"]),
        (mail_replies.send_question, ["delivered", "human"]),
        (mail_replies.send_nothing, []),
    ],
)
def test_each_reply_is_classified(reaction, kinds):
    verdicts = [classify(answer.raw) for answer in reaction(sent_mail())]
    assert [verdict.kind for verdict in verdicts] == kinds
    assert all(one.message_id or one.envelope_id == f"{TOKEN}-1" for one in verdicts)


def test_holiday_reply_names_the_last_day():
    assert [classify(one.raw).away_until for one in mail_replies.send_holiday_reply(sent_mail())][-1] == at(
        2020, 1, 20
    ).date()


def test_leader_in_copy_sends_no_question():
    assert len(list(mail_replies.send_question(sent_mail(to="anne@buf.example")))) == 1


def test_mail_from_a_person_gets_no_reply():
    """Otherwise a reply would be replied to for ever."""
    everybody = [f"person{number}@buf.example" for number in range(300)]
    reactions = {
        mail_replies.choose_reaction(sent_mail(one, **{"Auto-Submitted": "auto-generated"})) for one in everybody
    }
    assert len(reactions) > 3
    assert {mail_replies.choose_reaction(sent_mail(one)) for one in everybody} == {mail_replies.report_delivered}
