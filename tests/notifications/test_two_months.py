"""Scheduled reminders over Christmas and New Year, with absences and a moved deadline: the exact list of mails.

`UPDATE_GOLDEN=1 pytest tests/notifications/test_two_months.py` rewrites the list; read the list line by line.
"""

import os
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine

from followups import services
from followups.models import Escalation
from followups.models.answers import HELP, DecisionAnswers
from letters import incidents
from letters.models import Letter
from notifications import mail_worker
from notifications.alarms import reconciliation
from notifications.kinds import reminders
from notifications.models import Delivery
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import danish
from tests.factories import FollowUpFactory, IncidentFactory, LetterFactory, UserFactory, at
from tests.followups.decision_answers import RESENT
from tests.notices import request_first_notices, write_notices
from tests.notifications.inbound.mails import auto_reply, receive_mail
from tests.notifications.reminder_runs import switch_reminders_on
from tests.notifications.two_months import Timeline, table

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parent / "golden" / "two_months.txt"
Role = Membership.Role
#: on a Friday the clock is set forward to Monday's reminders, and back to a Thursday after its digest
JUMPS = {at(2019, 12, 27, 15, 59): [at(2019, 12, 30, 8, 0), at(2019, 12, 19, 8, 0)]}

#: name, unit, roles in the unit
PEOPLE = [
    ("Mette Dahl, Koncern IT", "root", [Role.KIT_ADMIN]),
    ("Pia fra DIT", "root", [Role.DIT_SUPPORT]),
    ("Birgitte, koordinator", "buf", [Role.COORDINATOR]),
    ("Ib, koordinator", "buf", [Role.COORDINATOR]),
    ("Jens, leder", "svalevej", [Role.LEADER]),
    ("Anne", "svalevej", []),
    ("Bo", "svalevej", []),
    ("Torben, leder", "laerkepark", [Role.LEADER]),
    ("Carl", "laerkepark", []),
    ("Dorte", "laerkepark", []),
    ("Ulla", "borgercenter", []),
]
#: sender, leader, number of letters
LETTERS = [
    ("Anne", "Jens", 2),
    ("Bo", "Jens", 1),
    ("Carl", "Torben", 3),
    ("Torben", "Jens", 1),  # a leader who owes a decision himself
    ("Ulla", None, 2),
]


@pytest.fixture
def town(transactional_db, settings):
    """`incident`, the units, and the people by first name. The deadline is Friday 20 December."""
    town = SimpleNamespace(root=Unit.root())
    for name, parent, title in [
        ("buf", "root", "Børne- og Ungdomsforvaltningen"),
        ("sof", "root", "Socialforvaltningen"),
        ("svalevej", "buf", "Svalevejens Skole"),
        ("laerkepark", "buf", "Lærkeparkens Skole"),
        ("borgercenter", "sof", "Borgercenter Øst"),
    ]:
        kind = Unit.Kind.ADMINISTRATION if parent == "root" else Unit.Kind.UNIT
        unit = Unit.objects.create(parent=getattr(town, parent), name=title, kind=kind)
        setattr(town, name, Unit.objects.get(pk=unit.pk))
    for name, unit, roles in PEOPLE:
        first = name.split(",")[0].split(" ")[0]
        person = UserFactory(name=name, email=f"{first.lower()}@kk.example", unit=getattr(town, unit))
        setattr(town, first, person)
        Membership.objects.bulk_create(Membership(user=person, unit=getattr(town, unit), role=role) for role in roles)
    town.incident = IncidentFactory(
        first_day=date(2019, 11, 25), last_day=date(2019, 11, 29), deadline=date(2019, 12, 20)
    )
    for sender, leader, number in LETTERS:
        for _ in range(number):
            a_letter(town, sender, leader)
    return town


def a_letter(town, sender, leader):
    leader = getattr(town, leader) if leader else None
    letter = LetterFactory(
        incident=town.incident, sender=getattr(town, sender), leader=leader, sent_at=at(2019, 11, 26, 9, 0)
    )
    FollowUpFactory(letter=letter)
    return letter


def letters_of(person):
    return list(Letter.objects.filter(sender=person).select_related("followup").order_by("pk"))


def acts(town, sink):
    """Return the acts of people by time. Each act returns its description."""

    def the_button():
        write_notices(request_first_notices(town.incident, by=town.Mette))
        return "Koncern IT sender første besked. Påmindelserne er slået til. Bos adresse afviser mails"

    def decide(person, *numbers, words):
        def act():
            for number in numbers:
                letter = letters_of(person)[number]
                services.decide(letter, RESENT, person, letter.followup.version)
            return words

        return act

    def away():
        mail = Delivery.objects.filter(recipient=town.Anne, state="ACCEPTED").latest("pk")
        raw = auto_reply(mail, "Jeg holder ferie til den 27. december.")
        receive_mail(raw.replace(b"Mon, 13 Jan 2020", b"Fri, 13 Dec 2019"), mail.return_path)
        return "Annes autosvar: på ferie til den 27. december"

    def ask():
        letter = letters_of(town.Carl)[0]
        services.decide(
            letter, DecisionAnswers(remedy=HELP, question="Hvad gør jeg?"), town.Carl, letter.followup.version
        )
        return "Carl spørger DIT om et af sine breve"

    def answer():
        services.answer_escalation(
            services.take_escalation(Escalation.objects.get(), by=town.Pia), "Send det igen.", by=town.Pia
        )
        return "DIT svarer Carl"

    def move():
        incidents.move_deadline(town.incident, date(2020, 1, 6), "Julen kom imellem.", town.Mette)
        return "Koncern IT flytter fristen fra 20. december til 6. januar"

    def late_letter():
        a_letter(town, "Dorte", "Torben")
        write_notices(request_first_notices(town.incident, by=town.Mette))
        return "Et brev fra Dorte kommer til på listen, og hun får første besked"

    def mend():
        User.objects.filter(pk=town.Bo.pk).update(email="bo.ny@kk.example")
        sink.clear_rules()
        return "Bos adresse bliver rettet"

    def confirm():
        letters = Letter.objects.filter(leader=town.Jens, followup__status="DONE").select_related("followup")
        outcome = services.confirm_letters({letter: letter.followup.version for letter in letters}, town.Jens)
        return f"Jens bekræfter {danish.count(len(outcome.done), 'beslutning', 'beslutninger')}"

    return {
        at(2019, 12, 12, 9, 5): the_button,
        at(2019, 12, 13, 9, 0): away,
        at(2019, 12, 13, 10, 0): ask,
        at(2019, 12, 16, 14, 0): answer,
        at(2019, 12, 17, 10, 0): decide(town.Torben, 0, words="Torben klarer sit eget brev"),
        at(2019, 12, 18, 11, 0): move,
        at(2019, 12, 20, 12, 0): mend,
        at(2019, 12, 27, 11, 0): late_letter,
        at(2020, 1, 3, 12, 0): decide(town.Anne, 0, 1, words="Anne klarer begge sine breve"),
        at(2020, 1, 7, 12, 0): decide(town.Carl, 0, 1, words="Carl klarer to af sine tre breve"),
        at(2020, 1, 8, 10, 0): confirm,
        at(2020, 1, 9, 10, 0): decide(town.Bo, 0, words="Bo klarer sit brev"),
        at(2020, 1, 10, 10, 0): decide(town.Ulla, 0, 1, words="Ulla klarer begge sine breve"),
    }


@pytest.fixture
def finished_story(town, sink, monkeypatch):
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_now", lambda task, **options: None)
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=town.Bo.email)
    switch_reminders_on(town.incident, town.Mette)
    with time_machine.travel(at(2019, 12, 12, 7, 0), tick=True) as traveller:
        story = Timeline(traveller, acts(town, sink), JUMPS)
        story.run_days(date(2019, 12, 12), date(2020, 1, 13))
        yield story


def test_mails_of_two_months_match_the_golden_list(finished_story, town, sink):
    text = table(finished_story)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")

    mails = Delivery.objects.filter(day__isnull=False).select_related("notice", "recipient")
    assert max(Counter((mail.recipient_id, danish.local_date(mail.notice.created_at)) for mail in mails).values()) == 1
    assert all(reminders.is_sending_hour(mail.notice.created_at) for mail in mails)
    accepted = Delivery.objects.filter(state=Delivery.State.ACCEPTED).count()
    assert len(sink.mails) == accepted, "the mail server got each once"
    assert [str(one) for one in reconciliation.all_sums() if not one.agrees] == []
    assert not mail_worker.drain_outbox()
