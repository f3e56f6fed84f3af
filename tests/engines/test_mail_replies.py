"""The demo's simulated mail replies: the mail classifier understands each reply, and replies are deterministic."""

from email.message import EmailMessage

import pytest

from notifications.mail_classifier import classify
from sepo_incident.demo import mail_replies
from tests.factories import at

TOKEN = "12-0123456789abcdef0123"


ADDRESS = "karen@buf.example"


def head(**headers: str) -> EmailMessage:
    head = EmailMessage()
    head["From"], head["To"], head["Subject"] = "Koncern IT <besked@kit.example>", ADDRESS, "Dine breve kom ikke frem"
    head["Message-ID"] = "<abc@kit.example>"
    for name, value in headers.items():
        head[name] = value
    return head


def list_verdicts(reaction: str, address: str = ADDRESS) -> list:
    replies = mail_replies.list_replies(
        reaction, address, f"bounce+{TOKEN}@kit.example", f"{TOKEN}-1", head(), at(2020, 1, 13, 9, 5)
    )
    return [classify(raw) for _, _, raw in replies]


@pytest.mark.parametrize(
    ("reaction", "kinds"),
    [
        ("delivered", ["delivered"]),
        ("relayed", ["relayed"]),
        ("delayed", ["delay"]),
        ("mailbox full", ["bounce"]),
        ("holiday", ["delivered", "auto_reply"]),
        ("question", ["delivered", "human"]),
        ("nothing", []),
    ],
)
def test_each_reply_is_classified(reaction, kinds):
    verdicts = list_verdicts(reaction)
    assert [verdict.kind for verdict in verdicts] == kinds
    assert all(one.message_id or one.envelope_id == f"{TOKEN}-1" for one in verdicts)


def test_holiday_reply_names_the_last_day():
    assert list_verdicts("holiday")[-1].away_until == at(2020, 1, 20).date()


def test_leader_in_copy_sends_no_question():
    assert [one.kind for one in list_verdicts("question", "anne@buf.example")] == ["delivered"]


def test_mail_from_a_person_gets_no_reply():
    """Otherwise a reply would be replied to for ever."""
    everybody = [f"person{number}@buf.example" for number in range(300)]
    ours, typed = head(**{"Auto-Submitted": "auto-generated"}), head()
    assert len({mail_replies.choose_reaction(one, ours) for one in everybody}) > 3
    assert {mail_replies.choose_reaction(one, typed) for one in everybody} == {"delivered"}
