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
from typing import Any

from django.core.management import call_command
from django.db import transaction
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat, LPad, Mod
from django.utils import timezone

from followups import services
from letters.categories import category_rules
from letters.importing import batches
from letters.importing.files import uploads
from letters.importing.rows import unit_matching
from letters.importing.rows.unit_matching import UnitPath
from letters.models import (
    AdministrationPlan,
    BreachOpinion,
    BreachReport,
    Cause,
    Claim,
    Emergency,
    Incident,
    IncidentContact,
    Letter,
    Measure,
    SupplierExchange,
    TimelineEntry,
)
from letters.samples import COLUMNS, FIRST_DAY, LAST_DAY, MAIL_OUT_DAY, make_revision
from letters.story import breach, plans
from letters.story.rows import save_row
from notifications import mail_worker
from notifications.dispatching import outbox_writer
from notifications.dispatching.dispatch_lifecycle import request_dispatch
from notifications.dispatching.first_notices import list_recipients
from notifications.inbound import delivery_evidence, mail_processing
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import count_receivers
from notifications.models import Kind
from notifications.reminders import run_reminders
from notifications.status_note.versions import open_questions, publish_version, take_version
from sepo_incident.accounts import users
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import calendar, danish, spreadsheets
from sepo_incident.core.danish import COPENHAGEN
from sepo_incident.demo import DATA, mail_replies, simulation, tour

SLUG = "sepo"
IMPORT_TIME = hour(9, 5)  # when KIT imports the list and sends the mails
REMINDER_TIME = hour(8, 5)  # when the reminders of the last day are sent
BREACH_TIME = hour(15, 30)  # when KIT became aware of the breach, the working day before the mails
OPINION_DAY, SECOND_BREACH_DAY = 1, 4  # working days after the mails
NOTE_DAYS, PUBLISHING_DAYS = (1, 2, 3, 4), (1, 2)  # working days after the mails; one note a day
UNTESTED_REASON = "Teksten er prøvet i testmiljøet."
REPLY_DELAY = timedelta(minutes=3)  # from a mail to its reply: later than the last mail of the batch, so none is silent
ABSENCE_LENGTH = timedelta(days=14)  # how long after the deadline the person with a substitute is away
DEADLINE = date(2020, 1, 15)  # of the original incident


def fill_database(letters: int, days: int = 0, say: Callable[[str], None] = lambda words: None) -> None:
    """Fill the database if there are no users yet.

    `letters`: number of letters in the list. `days`: working days since the mails; from 1 on the mails are sent here.
    `say`: prints the stage.
    """
    tour.refuse_outside_demo()
    if User.objects.exists():
        say("Der er allerede prøvedata, så intet er lagt ind. Begynd forfra: make demo RESET=1")
        return
    today = first = calendar.today()
    for _ in range(days):
        first = calendar.previous_working_day(first)
    with simulation.SimulatedClock() as clock:
        clock.move_to(datetime.combine(first, IMPORT_TIME, COPENHAGEN))
        say(f"Lægger {danish.count(letters, 'brev', 'breve')} ind …")
        incident, kit = create_opened_incident(letters, first)
        away, substitute = map(tour.find_user, DATA["away"])
        if away and substitute:  # not in a short list
            back = max(incident.deadline, today) + ABSENCE_LENGTH
            users.register_absence(away, substitute, first, back, by=away)
        if days:
            say("Sender beskederne …")
            write_notices(incident, kit)
            send_mails_now()
            run_reminders.switch_reminders(incident, kit, is_on=True)
        later = (first + timedelta(days=n) for n in range(1, (today - first).days + 1))
        working_days = [first, *filter(calendar.is_working_day, later)]
        for number, day in enumerate(working_days):
            say(f"Lader arbejdsdag {number + 1} af {len(working_days)} gå …")
            reminded_at = datetime.combine(day, REMINDER_TIME, COPENHAGEN)
            if number and day == working_days[-1] and reminded_at < datetime.now(COPENHAGEN):
                clock.move_to(reminded_at)
                while dispatch := run_reminders.run_incident(incident.pk, timezone.now()):
                    outbox_writer.write_until_finished(dispatch.pk)
                send_mails_now()
            opens, closes = simulation.working_hours(day)
            clock.move_to(opens)
            tell_day(incident, first, number, kit)
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
        document_number=f"{first.year}-0004711-1",
        shows_public_figures=True,
    )
    category_rules.create_default_rules(incident)
    create_staff_users()
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
    # a fictive phone number for every person, as a staff file would have: lists of letters have none
    last_digits = LPad(Cast(Mod(F("pk"), Value(8000)), CharField()), 4, Value("0"))
    User.objects.update(phone=Concat(Value("7080 "), last_digits))
    services.open_followups(incident, kit)
    tell_beginning(incident, first, kit)
    return incident, kit


def create_staff_users() -> None:
    """Create the people whom no list contains: KIT, DIT, Personalejura, a coordinator and the secretariat."""
    for persona in tour.PERSONAS:
        if not persona.email:
            continue
        unit = Unit.root()
        if persona.place:  # made by the import's own matching, so that the import makes no second one
            unit_matching.create_missing_units([UnitPath(persona.place, "", "", "")])
            unit = Unit.objects.get(kind=Unit.Kind.ADMINISTRATION, name=persona.place)
        user = User.objects.create_user(persona.email, persona.name)
        Membership.objects.create(user=user, unit=unit, role=persona.membership)


def tell_beginning(incident: Incident, first: date, kit: User) -> None:
    """Write the story up to the day of the mails. The first breach is assessed at once, within its 72 hours."""
    letters = danish.number(Letter.objects.filter(incident=incident).count())
    for model in (TimelineEntry, Cause, IncidentContact, Measure, SupplierExchange, Claim):
        for row in DATA[model.__name__]:
            fields = dated(row, first)
            if "{letters}" in fields.get("text", ""):
                fields["text"] = fields["text"].format(letters=letters)
            if fields.get("status") == Measure.Status.DONE:
                fields |= {"done_by": kit, "done_at": timezone.now()}
            save_row(model(incident=incident, **fields), kit)
    incident.refresh_from_db()  # its status has changed since
    incident.fixed_from = incident.last_day + timedelta(days=1)
    for name, value in (dated(DATA["fix"], first) | DATA["margin"]).items():
        setattr(incident, name, value)
    save_row(incident, kit, incident.version)
    aware_at = datetime.combine(shifted(first, -1), BREACH_TIME, COPENHAGEN)
    save_row(Emergency(incident=incident, raised_at=aware_at, contact_name=kit.name), kit)
    text = DATA["breach"]["text"].format(letters=letters)
    report = BreachReport.objects.create(
        incident=incident, aware_at=aware_at, text=text, lost_availability=True, by=kit
    )
    breach.assess(report, breach.Answer.DO_NOT_NOTIFY, DATA["breach"]["assessment"], 0, kit, concerns_all=True)


def tell_day(incident: Incident, first: date, number: int, kit: User) -> None:
    """Write what happened on a working day, `number` days after the mails: plans, breach reports, a note."""
    for row in DATA["plans"]:
        fields = dated(row, first) | DATA["plan_texts"]
        unit = Unit.objects.filter(kind=Unit.Kind.ADMINISTRATION, name=fields.pop("unit")).first()
        if unit and row["working_day"] == number:  # a short list has not all units
            del fields["working_day"]
            by = User.objects.filter(name=row["contact_name"]).first() or kit
            deadline = calendar.previous_working_day(incident.deadline)
            plan = AdministrationPlan(incident=incident, unit=unit, deadline=deadline, received_by=by, **fields)
            plans.save_plan(plan, by, None)
    if number == OPINION_DAY:
        report = BreachReport.objects.get(incident=incident)
        BreachOpinion.objects.create(report=report, text=DATA["breach"]["opinion"], by=breach.advisers().get())
    if number == SECOND_BREACH_DAY:
        fields = {"text": DATA["breach"]["second_text"], "lost_availability": True, "by": kit}
        BreachReport.objects.create(incident=incident, aware_at=timezone.now(), **fields)
    if number in NOTE_DAYS:
        make_note(incident, kit, is_of_municipality=number % 2 == 0, is_published=number in PUBLISHING_DAYS)


def make_note(incident: Incident, kit: User, *, is_of_municipality: bool, is_published: bool) -> None:
    """Make a status note of the municipality or of the coordinator's administration, and let another publish it."""
    coordinator = Membership.objects.select_related("unit", "user").get(role=Membership.Role.COORDINATOR)
    unit, author = (Unit.root(), None) if is_of_municipality else (coordinator.unit, kit)
    version = take_version(incident, unit, author)
    if is_published:
        read = [one.text for one in open_questions(incident, timezone.now())]
        publish_version(version, kit if is_of_municipality else coordinator.user, read)


def dated(row: dict[str, Any], first: date) -> dict[str, Any]:
    """Return the row of the data with dates for its numbers of days after the mails, and with the year."""
    days = {"day", "due_on", "next_answer_on", "meeting_on", "fix_checked_on"} & row.keys()
    texts = {name: text.replace("{year}", str(first.year)) for name, text in row.items() if isinstance(text, str)}
    return row | texts | {name: shifted(first, row[name]) for name in days}


def shifted(first: date, days: int) -> date:
    """Return the day so many days after the mails; from a day off on to the next working day away from them."""
    day, step = first + timedelta(days=days), timedelta(days=1 if days > 0 else -1)
    while days and not calendar.is_working_day(day):
        day += step
    return day


def write_notices(incident: Incident, kit: User) -> None:
    """Request the first notices and write them at once, without a worker, because the next steps need the notices."""
    promised = count_receivers(owed_followups(Kind.FIRST_NOTICE, incident))
    mails = list_recipients(Kind.FIRST_NOTICE, incident).mails
    dispatch = request_dispatch(Kind.FIRST_NOTICE, incident, promised, kit, ticked=mails, reason=UNTESTED_REASON)
    outbox_writer.write_until_finished(dispatch.pk)


def send_mails_now() -> None:
    """Send the mails in this process, at the simulated time, and receive the replies `REPLY_DELAY` later."""
    since = time.time_ns()
    while mail_worker.drain_outbox():
        pass
    with transaction.atomic():  # a commit per mail would take longer than everything else
        mail_replies.answer_mails(since, timezone.now() + REPLY_DELAY)
        mail_processing.process_waiting_mails(until=time.monotonic() + 3600)
