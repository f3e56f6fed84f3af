"""Fill an empty demo database: KIT's list is committed, the notices are sent, and people have begun to decide.

The same services as in production create everything: a list is made, imported, opened and sent. Dates are shifted so
that the mails are sent today or a number of working days ago; then every day since is simulated, today until now.
"""

import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from datetime import time as hour
from functools import partial
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from followups import services
from letters.categories import category_rules
from letters.importing import batches
from letters.importing.files import uploads
from letters.models import Incident
from letters.samples import COLUMNS, FIRST_DAY, LAST_DAY, MAIL_OUT_DAY, make_revision
from notifications import mail_worker
from notifications.dispatching import dispatch_lifecycle, outbox_writer
from notifications.dispatching.first_notices import list_recipients
from notifications.dispatching.large_dispatch import Assurance
from notifications.inbound import delivery_evidence, mail_intake, mail_processing
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Kind
from notifications.reminders import reminder_settings, run_reminders
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar, danish, spreadsheets
from sepo_incident.demo import demo_mode, mail_replies, mailbox, personas, simulation, story
from sepo_incident.demo.simulation import SimulatedClock, simulated_clock

SLUG = "sepo"
IMPORT_TIME = hour(9, 5)  # when KIT imports the list and sends the mails
REMINDER_TIME = hour(8, 5)  # when the day's reminders are sent
UNTESTED_REASON = "Teksten er prøvet i testmiljøet."
REPLY_DELAY = timedelta(minutes=3)  # from a mail to its reply: later than the last mail of the batch, so none is silent
ABSENCE_LENGTH = timedelta(days=14)  # how long after the deadline the person with a substitute is away
DEADLINE = date(2020, 1, 15)  # of the original incident
#: Shares of the time of a fill that have passed when a stage begins, measured with DAY=4.
WRITING_AT, SENDING_AT, DAYS_AT = 0.1, 0.15, 0.3
type Say = Callable[[str, float], None]


def fill_database(letters: int, days: int = 0, say: Say = lambda words, share: None) -> None:
    """Fill the database if there are no users yet.

    `letters`: number of letters in the list. `days`: working days since the mails. `say`: prints the stage and the
    share of the work that is done, from 0 to 1.
    """
    demo_mode.refuse_outside_demo()
    if User.objects.exists():
        say("Der er allerede prøvedata, så intet er lagt ind. Begynd forfra: make demo RESET=1", 1)
        return
    today = calendar.today()
    first = simulation.working_days_ago(today, days)
    is_past = bool(days) or simulation.has_work_begun(today)
    with simulated_clock() as clock:
        if is_past:
            clock.move_to(datetime.combine(first, IMPORT_TIME, danish.COPENHAGEN))
        say(f"Lægger {danish.count(letters, 'brev', 'breve')} ind", 0)
        incident, kit = create_opened_incident(letters, first)
        personas.register_absence(first, max(incident.deadline, today) + ABSENCE_LENGTH)
        if days:
            say("Skriver beskederne", WRITING_AT)
            send_notices(incident, kit)
            say("Sender beskederne", SENDING_AT)
            send_mails_now(clock)
            reminder_settings.switch_reminders(incident, kit, is_on=True)
        if is_past:
            simulate_days(incident, simulation.list_working_days(first, today), kit, clock, say)
        else:
            simulation.simulate_day(incident, 0)
    if not days:  # on the real clock, because the workers send the mails now, and a late mail raises an alarm
        say("Skriver beskederne", 1 - SENDING_AT)
        send_notices(incident, kit)
    revision = spreadsheets.build_csv(COLUMNS, make_revision(letters, shift=first - MAIL_OUT_DAY))
    batch, _ = uploads.receive_file(incident, "breve-uden-kvittering-2.csv", revision, by=kit)
    batches.read_batch(batch.pk)  # KIT has not decided about the revised list yet
    say("Hændelsen er lagt ind", 1)


@transaction.atomic  # a visitor meanwhile sees all of the incident or nothing
def create_opened_incident(letters: int, today: date) -> tuple[Incident, User]:
    """Create the incident, commit the list and open the follow-ups. Return the incident and the KIT user."""
    incident = make_incident(today)
    personas.create_staff_users()
    kit = User.objects.get(name="Mette Dahl")
    import_sample_list(incident, letters, today, kit)
    personas.give_phone_numbers()
    services.open_followups(incident, kit)
    story.tell_beginning(incident, today, kit)
    return incident, kit


def simulate_days(incident: Incident, days: list[date], kit: User, clock: SimulatedClock, say: Say) -> None:
    """Simulate each day, with decisions spread over the working hours (today until now); reminders are sent before."""
    for number, day in enumerate(days):
        if number:
            send_morning_reminders(incident, day, clock)
        opens, closes = simulation.working_hours(day)
        if opens < closes:
            tick = partial(pass_time, clock, opens, closes, partial(tell_share, say, number, len(days)))
            simulation.simulate_day(incident, number, tick)
            delivery_evidence.record_acknowledgements()
            story.tell_day(incident, days, number, kit, clock.move_to)
            story.tell_notes(incident, number)


def pass_time(
    clock: SimulatedClock, opens: datetime, closes: datetime, tell: Callable[[float], None], share: float
) -> None:
    """Set the clock to a share of the working hours, and tell it."""
    clock.move_through(opens, closes, share)
    tell(share)


def tell_share(say: Say, number: int, days: int, share: float) -> None:
    """Say that a share of the `number`-th of `days` days has passed."""
    say(f"Lader arbejdsdag {number + 1} af {days} gå", DAYS_AT + (1 - DAYS_AT) * (number + share) / days)


def send_morning_reminders(incident: Incident, day: date, clock: SimulatedClock) -> None:
    """Send the day's reminders, as beat and the workers do; on the current day only after `REMINDER_TIME`."""
    moment = datetime.combine(day, REMINDER_TIME, danish.COPENHAGEN)
    if moment > datetime.now(danish.COPENHAGEN):
        return
    clock.move_to(moment)
    while dispatch := run_reminders.run_incident(incident.pk, timezone.now()):
        outbox_writer.write_until_finished(dispatch.pk)
    send_mails_now(clock)


def make_incident(today: date) -> Incident:
    """Create the incident with dates shifted so that `today` is the day of the mails."""
    shift = today - MAIL_OUT_DAY
    deadline = DEADLINE + shift
    while not calendar.is_working_day(deadline):
        deadline += timedelta(days=1)
    incident = Incident.objects.create(
        slug=SLUG,
        title="Sikker post, der ikke kom frem",
        first_day=FIRST_DAY + shift,
        last_day=LAST_DAY + shift,
        deadline=deadline,
        case_number=f"{today.year}-0004711",
        shows_public_figures=True,
    )
    category_rules.create_default_rules(incident)
    return incident


def import_sample_list(incident: Incident, letters: int, today: date, kit: User) -> None:
    """Create a sample list of that many letters and commit the list."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "breve-uden-kvittering.xlsx"
        call_command("make_list", str(file), letters=letters, shift_to=today, stdout=StringIO())
        with file.open("rb") as content:
            batch, _ = uploads.receive_file(incident, file.name, content, by=kit)
    batches.read_batch(batch.pk)
    batch.refresh_from_db()
    batches.request_commit(batch, by=kit)
    batches.commit_batch(batch.pk)


def send_notices(incident: Incident, kit: User) -> None:
    """Request the first notices and write them at once, without a worker, because the next steps need the notices."""
    promised = count_receivers(owed_followups(Kind.FIRST_NOTICE, incident))
    given = Assurance(list_recipients(Kind.FIRST_NOTICE, incident).mails, UNTESTED_REASON)
    dispatch = dispatch_lifecycle.request_dispatch(Kind.FIRST_NOTICE, incident, promised, kit, given)
    outbox_writer.write_until_finished(dispatch.pk)


def send_mails_now(clock: SimulatedClock) -> None:
    """Send the mails in this process, at the simulated time; a mail worker knows only the real time."""
    since = time.time_ns()
    while mail_worker.drain_outbox():
        pass
    receive_replies(mailbox.backdate_mails(since, clock.offset))


@transaction.atomic  # a commit per mail would take longer than everything else
def receive_replies(mails: Iterable[mailbox.StoredEnvelope]) -> None:
    """Store and process the replies to the mails, received `REPLY_DELAY` after the sending."""
    for mail in mails:
        for sent in mail_replies.list_sent_mails(*mail._replace(at=mail.at + REPLY_DELAY)):
            for answer in mail_replies.choose_reaction(sent)(sent):
                mail_intake.store_incoming(answer.raw, answer.sender, [answer.to], sent.at)
    mail_processing.process_waiting_mails(until=time.monotonic() + 3600)
