"""The mails after the first notice and the mail of an alarm, as people read them: about several letters, and about one.

`UPDATE_GOLDEN=1 pytest tests/notifications/test_golden_mails.py` rewrites the golden texts. The first notice is in
test_notice_composer.py, the digest of a desk in test_desk_digest.py.
"""

import os
import re
from pathlib import Path

import pytest

from followups import services
from letters.models import Letter
from notifications.alarms.alarm_list import ALARMS, show_alarm
from notifications.models import Alarm, Kind
from notifications.texts.notice_composer import compose_notice
from notifications.texts.notice_texts import default_source
from tests.factories import at
from tests.followups.decision_answers import NEW_LETTER_UNSENT, RESENT, REVIEW_OPEN
from tests.followups.escalation_helpers import ask_for_help, reload_letter

GOLDEN = Path(__file__).parent / "golden"
KARENS = ["passed", "soon", "plain", "untitled", "personnel"]
#: name of the golden text, kind, receiver, letters of the first mail, letter of the second mail, day of January
MAILS = [
    ("reminder", Kind.REMINDER, "karen", KARENS, "soon", 13),
    ("reminder_to_leader", Kind.REMINDER, "jens", ["passed", "soon"], "passed", 13),
    ("deadline_today", Kind.DEADLINE_TODAY, "karen", KARENS, "soon", 15),
    ("overdue", Kind.OVERDUE, "karen", KARENS, "soon", 17),
    ("leader_digest", Kind.LEADER_DIGEST, "jens", [*KARENS, "annes"], "plain", 13),
    ("coordinator_digest", Kind.COORDINATOR_DIGEST, "birgitte", [*KARENS, "annes"], "soon", 17),
    ("decision_needed", Kind.DECISION_NEEDED, "torben", ["soon", "annes"], "annes", 13),
    ("address_failed", Kind.ADDRESS_FAILED, "jens", ["passed", "soon", "annes"], "soon", 13),
]


@pytest.fixture
def clock(monday, no_workers, settings):
    settings.SITE_URL = "https://opfoelgning.example"
    return monday


@pytest.fixture
def half_way(cast, clock):
    """Two letters without a decision, and the others on each step after it."""
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, 0)
    services.decide(cast.untitled, RESENT, cast.karen, 0)
    services.send_back(cast.untitled, cast.jens, 1, "Er det sendt til den rigtige?")
    services.decide(cast.personnel, REVIEW_OPEN, cast.karen, 0)
    services.decide(cast.annes, RESENT, cast.anne, 0)
    return cast


def mail_text(kind, cast, receiver, *names):
    letters = Letter.objects.filter(pk__in=[getattr(cast, name).pk for name in names])
    letters = letters.select_related("sender", "leader", "unit", "followup")
    mail = compose_notice(kind, cast.incident, getattr(cast, receiver), letters, default_source(kind).parse(kind))
    copies = "".join(f"Kopi: {person.name}\n" for person in mail.copies)
    text = f"Til: {mail.receiver.name}\n{copies}Emne: {mail.subject}\n\n{mail.text}"
    return re.sub(r"(?<=/|=)\d+|(?<=kode )\w+", "…", text)


def check_golden(name, texts):
    path, text = GOLDEN / f"{name}.txt", f"{'=' * 76}\n".join(texts)
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "kind", "receiver", "several", "one", "day"), MAILS)
def test_golden_text(half_way, clock, name, kind, receiver, several, one, day):
    clock.move_to(at(2020, 1, day, 8, 0))
    check_golden(name, [mail_text(kind, half_way, receiver, *several), mail_text(kind, half_way, receiver, one)])


def test_golden_text_of_an_answer(cast, clock):
    for letter, answer in ((cast.soon, services.answer_escalation), (cast.passed, services.ask_back)):
        answer(services.take_escalation(ask_for_help(reload_letter(letter), cast.karen), cast.pia), "Hvad?", cast.pia)
    kind = Kind.SUPPORT_ANSWER
    letters = ["soon", "passed"]
    check_golden("support_answer", [mail_text(kind, cast, "karen", *letters), mail_text(kind, cast, "karen", "soon")])


def test_golden_text_of_the_alarms(clock):
    since, raised = at(2020, 1, 13, 9, 0), at(2020, 1, 13, 9, 30)
    words = "Summen af sendte mails er 12, men skulle være 13."
    shown = [
        show_alarm(Alarm(kind=kind, number=number, total=20, since=since, words=words, raised_at=raised))
        for number, kind in enumerate(ALARMS, start=1)
    ]
    check_golden("alarms", [f"Emne: Alarm: {one.title}\n\n{one.mail_text(raised)}" for one in shown])


def test_passed_date_is_marked_in_both_forms(half_way, clock):
    kind, mark = Kind.REMINDER, "frist eller møde den 6. januar er passeret"
    letters = Letter.objects.filter(pk__in=[half_way.passed.pk, half_way.soon.pk])
    letters = letters.select_related("sender", "leader", "unit", "followup")
    mail = compose_notice(kind, half_way.incident, half_way.karen, letters, default_source(kind).parse(kind))
    assert re.findall(r"<strong[^>]*>([^<]+)</strong> – sendt", mail.html) == [mark]
    assert f" – {mark} – sendt" in " ".join(mail.text.split())
