"""The checklist of steps through an incident, with current numbers and no letter contents."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Count, Q
from django.urls import reverse

from followups.boards.tables import board_link
from followups.reporting.letter_figures import Tally, count_together
from letters.models import ImportBatch, Incident, Letter
from notifications.dispatching.dispatch_progress import list_dispatches_with_progress
from notifications.kinds.notice_kinds import owed_followups
from notifications.models import Delivery, Kind, Notice, ReminderSchedule, SendingSettings, State
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import calendar, danish

#: A list that is read, and that KIT answers a question about or commits.
WAITING_FOR_KIT = (ImportBatch.Status.ASKING, ImportBatch.Status.CHECKED)


class Note(NamedTuple):
    """A sentence of a step, with a link to the page for the next action. `number` names the sentence's first number."""

    text: str
    url: str = ""
    action: str = ""
    number: str = ""


class ChecklistStep(NamedTuple):
    """A step of the checklist. `name`: for other parts of the page. `opens`: the number of follow-ups that the step's
    button would open.
    """

    name: str
    title: str
    notes: list[Note]
    is_done: bool
    opens: int = 0


def list_steps(incident: Incident) -> list[ChecklistStep]:
    """Return the steps of the incident. At most fourteen queries. Counts all letters, regardless of the reader."""
    letters = Letter.objects.filter(incident=incident).active()
    counts = count_together(letters, None, calendar.today(), ("ALL", "OPEN", "UNPROVEN"))
    counts.update(
        letters.aggregate(unopened=Count("pk", filter=Q(followup=None)), senders=Count("sender", distinct=True))
    )
    counts["without_owner"] = letters.without_owner().count()
    counts["withdrawn"] = Letter.objects.filter(incident=incident).withdrawn().count()
    return [
        _import_step(incident, counts),
        _assignment_step(counts),
        _opening_step(counts),
        _notices_step(incident, counts["senders"]),
        _reminders_step(incident),
        _followup_step(counts),
    ]


def _letter_count(number: int) -> str:
    return danish.count(number, "brev", "breve")


def _import_step(incident: Incident, counts: Tally) -> ChecklistStep:
    """Return the step of the import: done when letters are imported and no list waits for KIT's answer."""
    letters = counts["ALL"]
    waiting = incident.batches.filter(status__in=WAITING_FOR_KIT).order_by("-pk").first()
    text = f"{_letter_count(letters)} er indlæst." if letters else "Ingen breve er indlæst endnu."
    notes = [Note(text, reverse("imports"), "Gå til indlæsning", "letters")]
    if waiting:
        notes.insert(0, Note("En liste venter på dig.", reverse("import_batch", args=[waiting.pk]), "Tjek listen"))
    if withdrawn := counts["withdrawn"]:
        number = danish.count(withdrawn, "brev er", "breve er")
        notes.append(Note(f"{number} trukket tilbage og tæller ikke med.", reverse("withdrawn_letters"), "Se hvorfor"))
    return ChecklistStep("import", "Indlæs listen", notes, bool(letters) and not waiting)


def _assignment_step(counts: Tally) -> ChecklistStep:
    lacking = counts["without_owner"]
    if not counts["ALL"]:
        note = Note("Indlæs listen først.")
    elif lacking:
        text = f"{_letter_count(lacking)} mangler afsender, leder eller enhed."
        note = Note(text, reverse("unassigned"), "Se breve uden ansvarlig", "without-owner")
    else:
        note = Note("Alle breve har en ansvarlig.")
    return ChecklistStep("owners", "Find ansvarlige", [note], bool(counts["ALL"]) and not lacking)


def _opening_step(counts: Tally) -> ChecklistStep:
    unopened, letters = counts["unopened"], counts["ALL"]
    if not letters:
        text = "Så kan afsenderne beslutte."
    elif unopened:
        text = f"{_letter_count(unopened)} er ikke åbnet. Åbn, så afsenderne kan beslutte."
    else:
        text = f"Opfølgningen er åben for {_letter_count(letters)}."
    return ChecklistStep("opening", "Åbn opfølgningen", [Note(text)], bool(letters) and not unopened, opens=unopened)


def _notices_step(incident: Incident, senders: int) -> ChecklistStep:
    """Return the step of first notices: done when a dispatch was made and nobody is owed a notice now."""
    sent, told = list_dispatches_with_progress(incident, [Kind.FIRST_NOTICE]), count_told_senders(incident)
    if not sent:
        number = told["owed"] or senders  # nothing is owed until the follow-up is opened
        each = f"Hver af de {danish.count(number, 'afsender', 'afsendere')}" if number > 1 else "Hver afsender"
        text = f"{each} får én mail om sine breve. Lederen får kopi."
        return ChecklistStep(
            "notices", "Send beskeder", [Note(text, reverse("notices"), "Gå til beskeder", "receivers")], False
        )
    notes = []
    if SendingSettings.objects.for_incident(incident).paused_at:
        notes.append(Note("Hændelsens mails er på pause.", reverse("notices"), "Se hvorfor"))
    senders_reached = danish.count(told["reached"], "afsender", "afsendere")
    text = f"Vi har skrevet eller ringet til {senders_reached}." if told["reached"] else "Udsendelsen er bestilt."
    if on_their_way := sum(progress.in_queue + progress.deferred for progress in sent):
        text = f"{text} {danish.count(on_their_way, 'mail', 'mails')} er på vej."
    notes.append(Note(text, reverse("dispatch", args=[sent[0].dispatch.pk]), "Følg udsendelsen"))
    if told["owed"]:
        lacking = danish.count(told["owed"], "afsender mangler", "afsendere mangler")
        text = f"{lacking} en mail om nye breve."
        notes.append(Note(text, reverse("notices"), "Gå til beskeder", "receivers"))
    for progress in sent:
        if number := progress.needing_action:
            address = f"{reverse('dispatch', args=[progress.dispatch.pk])}?tilstand=handling"
            day = f" fra {danish.day_month(progress.dispatch.requested_at)}" if len(sent) > 1 else ""
            text = f"{danish.count(number, 'mail', 'mails')}{day} er måske ikke kommet frem."
            notes.append(Note(text, address, "Se hvorfor"))
    return ChecklistStep("notices", "Send beskeder", notes, not told["owed"])


def count_told_senders(incident: Incident) -> dict[str, int]:
    """Return `{reached, owed}`: numbers of senders. One query.

    `reached`: senders whose first notice was accepted by a mail server or told by phone. `owed`: senders who are
    owed a first notice, also because of further letters.
    """
    notices = Notice.objects.filter(dispatch__incident=incident, kind=Kind.FIRST_NOTICE)
    told = Q(deliveries__state=State.ACCEPTED) | Q(deliveries__resolution_state=State.TOLD)
    accepted = notices.filter(told, deliveries__role=Delivery.Role.TO)
    return User.objects.aggregate(
        reached=Count("pk", filter=Q(pk__in=accepted.values("receiver"))),
        owed=Count("pk", filter=Q(pk__in=owed_followups(Kind.FIRST_NOTICE, incident).values("receiver"))),
    )


def _reminders_step(incident: Incident) -> ChecklistStep:
    is_on = ReminderSchedule.objects.for_incident(incident).is_on
    text = "Påmindelserne er slået til." if is_on else "Påmindelserne er slået fra."
    note = Note(text, reverse("reminders"), "Gå til påmindelser")
    return ChecklistStep("reminders", "Slå påmindelser til", [note], is_on)


def _followup_step(counts: Tally) -> ChecklistStep:
    undecided, letters, unproven = counts["OPEN"], counts["ALL"], counts["UNPROVEN"]
    if undecided:
        text = f"{danish.number(undecided)} af {_letter_count(letters)} mangler en beslutning."
    else:
        text = "Alle breve har en beslutning." if letters else "Her ser du, hvor langt forvaltningerne er."
    notes = [Note(text, "#planer", "Se forvaltningerne", "undecided" if undecided else "")]
    if unproven:
        text = f"{_letter_count(unproven)} mangler bevis mere end tre arbejdsdage efter afsendelsen."
        notes.append(Note(text, board_link(Unit.root().pk, status="UNPROVEN"), "Se breve uden bevis", "unproven"))
    return ChecklistStep("followup", "Følg op", notes, bool(letters) and not undecided)
