"""Fill an empty demo database: KIT's list is committed, the notices are sent, and people have begun to decide.

The same services as in production create everything: a list is made, imported, opened and sent. Dates are shifted so
that the mails are sent today or some working days ago; then every day since is simulated, today until now.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from datetime import time as hour
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
from notifications.dispatching.dispatch_lifecycle import Assurance
from notifications.dispatching.first_notices import list_recipients
from notifications.inbound import delivery_evidence, mail_intake, mail_processing
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Kind
from notifications.reminders import reminder_settings, run_reminders
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar, danish, spreadsheets
from sepo_incident.demo import demo_mode, mail_replies, mailbox, personas, simulation, story

SLUG = "sepo"
IMPORT_TIME = hour(9, 5)  # when KIT imports the list and sends the mails
REMINDER_TIME = hour(8, 5)  # when the reminders of the last day are sent
UNTESTED_REASON = "Teksten er prøvet i testmiljøet."
REPLY_DELAY = timedelta(minutes=3)  # from a mail to its reply: later than the last mail of the batch, so none is silent
ABSENCE_LENGTH = timedelta(days=14)  # how long after the deadline the person with a substitute is away
DEADLINE = date(2020, 1, 15)  # of the original incident


def fill_database(letters: int, days: int = 0, say: Callable[[str], None] = lambda words: None) -> None:
    """Fill the database if there are no users yet.

    `letters`: number of letters in the list. `days`: working days since the mails; from 1 on the mails are sent here.
    `say`: prints the stage.
    """
    demo_mode.refuse_outside_demo()
    if User.objects.exists():
        say("Der er allerede prøvedata, så intet er lagt ind. Begynd forfra: make demo RESET=1")
        return
    today = first = calendar.today()
    for _ in range(days):
        first = calendar.previous_working_day(first)
    with simulation.simulated_clock() as clock:
        clock.move_to(datetime.combine(first, IMPORT_TIME, danish.COPENHAGEN))
        say(f"Lægger {danish.count(letters, 'brev', 'breve')} ind …")
        incident, kit = create_opened_incident(letters, first)
        personas.register_absence(first, max(incident.deadline, today) + ABSENCE_LENGTH)
        if days:
            say("Sender beskederne …")
            write_notices(incident, kit)
            send_mails_now()
            reminder_settings.switch_reminders(incident, kit, is_on=True)
        later = (first + timedelta(days=n) for n in range(1, (today - first).days + 1))
        working_days = [first, *filter(calendar.is_working_day, later)]
        for number, day in enumerate(working_days):
            say(f"Lader arbejdsdag {number + 1} af {len(working_days)} gå …")
            reminded_at = datetime.combine(day, REMINDER_TIME, danish.COPENHAGEN)
            if number and day == working_days[-1] and reminded_at < datetime.now(danish.COPENHAGEN):
                clock.move_to(reminded_at)
                write_reminders(incident)
                send_mails_now()
            opens, closes = simulation.working_hours(day)
            clock.move_to(opens)
            story.tell_day(incident, first, number, kit)
            simulation.simulate_day(incident, number, opens, closes, clock)
            delivery_evidence.record_acknowledgements()
    if not days:  # on the real clock, because the workers send the mails now, and a late mail raises an alarm
        say("Skriver beskederne …")
        write_notices(incident, kit)
    revision = spreadsheets.build_csv(COLUMNS, make_revision(letters, shift=first - MAIL_OUT_DAY))
    batch, _ = uploads.receive_file(incident, "breve-uden-kvittering-2.csv", revision, by=kit)
    batches.read_batch(batch.pk)  # KIT has not decided about the revised list yet
    say("Hændelsen er lagt ind.")


@transaction.atomic  # a visitor meanwhile sees all of the incident or nothing
def create_opened_incident(letters: int, first: date) -> tuple[Incident, User]:
    """Create the incident, commit the list and open the follow-ups on the day `first`. Return incident and KIT user."""
    shift = first - MAIL_OUT_DAY
    deadline = DEADLINE + shift
    while not calendar.is_working_day(deadline):
        deadline += timedelta(days=1)
    incident = Incident.objects.create(
        slug=SLUG,
        title="Sikker post, der ikke kom frem",
        first_day=FIRST_DAY + shift,
        last_day=LAST_DAY + shift,
        deadline=deadline,
        case_number=f"{first.year}-0004711",
        shows_public_figures=True,
    )
    category_rules.create_default_rules(incident)
    personas.create_staff_users()
    kit = User.objects.get(name="Mette Dahl")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "breve-uden-kvittering.xlsx"
        call_command("make_list", str(file), letters=letters, shift_to=first, stdout=StringIO())
        with file.open("rb") as content:
            batch, _ = uploads.receive_file(incident, file.name, content, by=kit)
    batches.read_batch(batch.pk)
    batch.refresh_from_db()
    batches.request_commit(batch, by=kit)
    batches.commit_batch(batch.pk)
    personas.give_phone_numbers()
    services.open_followups(incident, kit)
    story.tell_beginning(incident, first, kit)
    return incident, kit


def write_notices(incident: Incident, kit: User) -> None:
    """Request the first notices and write them at once, without a worker, because the next steps need the notices."""
    promised = count_receivers(owed_followups(Kind.FIRST_NOTICE, incident))
    given = Assurance(list_recipients(Kind.FIRST_NOTICE, incident).mails, UNTESTED_REASON)
    dispatch = dispatch_lifecycle.request_dispatch(Kind.FIRST_NOTICE, incident, promised, kit, given)
    outbox_writer.write_until_finished(dispatch.pk)


def write_reminders(incident: Incident) -> None:
    while dispatch := run_reminders.run_incident(incident.pk, timezone.now()):
        outbox_writer.write_until_finished(dispatch.pk)


def send_mails_now() -> None:
    """Send the mails in this process, at the simulated time, and receive the replies `REPLY_DELAY` later."""
    since = time.time_ns()
    while mail_worker.drain_outbox():
        pass
    with transaction.atomic():  # a commit per mail would take longer than everything else
        for mail in mailbox.list_envelopes(since):
            for sent in mail_replies.list_sent_mails(*mail, at=timezone.now() + REPLY_DELAY):
                for answer in mail_replies.choose_reaction(sent)(sent):
                    mail_intake.store_incoming(answer.raw, answer.sender, [answer.to], sent.at)
        mail_processing.process_waiting_mails(until=time.monotonic() + 3600)
