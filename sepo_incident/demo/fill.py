"""Fill an empty demo database: KIT's list is in, the notices have gone out, and people have begun to decide.

Everything goes the way it goes for people: a list is made, imported, opened and sent by the same services. Dates are
shifted so that the mails go out today, or so many working days ago; then each day since is lived through.
"""

import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour
from functools import partial
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from followups import deadlines, services
from letters import exporting
from letters.categories import editing
from letters.importing import batches
from letters.models import Incident
from letters.samples import COLUMNS, FIRST_DAY, MAIL_OUT_DAY, make_revision
from notifications import draining
from notifications.dispatches import climbing, dispatching, steering
from notifications.inbound import acknowledging, filing, receiving
from notifications.models import Kind
from sepo_incident import danish
from sepo_incident.accounts.models import User
from sepo_incident.demo import answering, guard, life, mailbox, personas
from sepo_incident.demo.clock import Clock, at, hours, movable, working_days, working_days_ago

SLUG = "sepo"
MORNING = hour(9, 5)  # when KIT brings the list in and sends the mails
BEAT = hour(8, 5)  # when the ladder has been climbed
LAST_DAY, DEADLINE = date(2019, 12, 19), date(2020, 1, 15)  # of the case


def fill(letters: int, days: int = 0, say: Callable[[str], None] = lambda words: None) -> None:
    """Only for an empty database: it stops where there are people already. ``days``: working days since the mails.

    ``say`` is told what comes next.
    """
    guard.refuse_outside_demo()
    if User.objects.exists():
        say("Der er prøvedata i forvejen, så der er ikke lagt noget ind. Start forfra med: make demo RESET=1")
        return
    today = deadlines.today()
    first = working_days_ago(today, days)
    with movable() as clock:
        if days:
            clock.move_to(at(first, MORNING))
        say(f"Lægger {danish.count(letters, 'brev', 'breve')} ind …")
        incident, kit = begin(letters, first)
        say("Skriver varslerne …")
        send_notices(incident, kit)
        if days:
            say("Sender dem …")
            deliver(clock)
            steering.switch_on(incident, kit)
            say(f"Lader {danish.number_word(days)} {'arbejdsdag' if days == 1 else 'arbejdsdage'} gå …")
            live(incident, working_days(first, today), clock)
        else:
            life.a_day(incident, 0)
    put_a_second_list_before(kit, incident, letters, first)


@transaction.atomic  # somebody who opens the page meanwhile sees all of it or nothing
def begin(letters: int, today: date) -> tuple[Incident, User]:
    """The incident with its list, opened, and who at KIT did it."""
    incident = make_incident(today)
    personas.make_staff()
    kit = User.objects.get(name="Mette Dahl")
    import_list(incident, letters, today, kit)
    services.open_for(incident)
    return incident, kit


def live(incident: Incident, days: list[date], clock: Clock) -> None:
    """Each day's acts lie spread over its hours; today's until now. Before people come the ladder has reminded them."""
    for number, day in enumerate(days):
        if number:
            remind(incident, day, clock)
        opens, closes = hours(day)
        if opens < closes:
            life.a_day(incident, number, partial(clock.move_through, opens, closes))
            acknowledging.acknowledge()


def remind(incident: Incident, day: date, clock: Clock) -> None:
    """What beat and the workers do in the morning; today only when it has been."""
    if at(day, BEAT) > datetime.now(UTC):
        return
    clock.move_to(at(day, BEAT))
    while dispatch := climbing.climb_in(incident.pk, timezone.now()):
        dispatching.wait_and_write(dispatch.pk)
    deliver(clock)


def make_incident(today: date) -> Incident:
    shift = today - MAIL_OUT_DAY
    deadline = DEADLINE + shift
    while not deadlines.is_working_day(deadline):
        deadline += timedelta(days=1)
    incident = Incident.objects.create(
        slug=SLUG,
        title="Sikker post, der ikke kom frem",
        first_day=FIRST_DAY + shift,
        last_day=LAST_DAY + shift,
        deadline=deadline,
        case_number=f"{today.year}-0004711",
    )
    editing.give_defaults(incident)
    return incident


def import_list(incident: Incident, letters: int, today: date, kit: User) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "breve-uden-kvittering.xlsx"
        call_command("make_list", str(file), letters=letters, shift_to=today, stdout=StringIO())
        with file.open("rb") as content:
            batch, _ = batches.receive(incident, file.name, content, by=kit)
    batches.read(batch.pk)
    batch.refresh_from_db()
    batches.ask_to_commit(batch, by=kit)
    batches.commit(batch.pk)


def put_a_second_list_before(kit: User, incident: Incident, letters: int, today: date) -> None:
    """A revised list has come in and is read; KIT has not decided about it yet."""
    content = exporting.to_csv(COLUMNS, make_revision(letters, shift=today - MAIL_OUT_DAY))
    batch, _ = batches.receive(incident, "breve-uden-kvittering-2.csv", content, by=kit)
    batches.read(batch.pk)


def send_notices(incident: Incident, kit: User) -> None:
    """Press the button, and write here what the worker would write, so that what follows comes after."""
    promised = dispatching.count_owed(Kind.FIRST_NOTICE, incident)
    dispatch = dispatching.request_dispatch(Kind.FIRST_NOTICE, incident, promised, by=kit)
    dispatching.wait_and_write(dispatch.pk)


def deliver(clock: Clock) -> None:
    """Send the mails here and now, while it is their day: the mail workers know no other day than today."""
    since = time.time_ns()
    while draining.drain():
        pass
    mailbox.age(since, clock.behind)
    take_in(mailbox.kept_since(since - clock.behind // timedelta(microseconds=1) * 1000))


@transaction.atomic  # a commit for each would take longer than the rest
def take_in(mails: Iterable[mailbox.Kept]) -> None:
    """What comes back of them, on their day."""
    for mail in mails:
        for sent in answering.sent_with(*mail):
            for answer in answering.answers(sent):
                receiving.receive(answer.raw, answer.sender, [answer.to], sent.at)
    filing.file_waiting(until=timezone.now() + timedelta(hours=1))
