"""The checklist of steps through an incident, with current numbers and no letter contents."""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse

from followups.boards.followed_up import followed_up_sentence
from followups.boards.tables import board_link
from followups.reporting.letter_figures import Tally, missing_letters
from letters.models import Incident
from notifications.dispatching.dispatch_progress import list_dispatches_with_progress
from notifications.incident_page.facts import IncidentFacts
from notifications.models import Kind
from sepo_incident.core import danish


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


def list_steps(facts: IncidentFacts) -> list[ChecklistStep]:
    """Return the steps of the incident. Two queries. Counts all letters, regardless of the reader."""
    counts = facts.counts
    return [
        _import_step(facts),
        _assignment_step(counts),
        _opening_step(counts),
        _notices_step(facts.incident, counts),
        _reminders_step(counts),
        _followup_step(facts),
    ]


def _letter_count(number: int) -> str:
    return danish.count(number, "brev", "breve")


def _import_step(facts: IncidentFacts) -> ChecklistStep:
    """Return the step of the import: done when letters are imported and no list waits for KIT's answer."""
    letters, waiting = facts.counts["ALL"], next(iter(facts.waiting_lists), None)
    text = f"{_letter_count(letters)} er indlæst." if letters else "Ingen breve er indlæst endnu."
    notes = [Note(text, reverse("imports"), "Gå til indlæsning", "letters")]
    if waiting:
        notes.insert(0, Note("En liste venter på dig.", reverse("import_batch", args=[waiting.pk]), "Tjek listen"))
    if withdrawn := facts.counts["withdrawn"]:
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


def _notices_step(incident: Incident, counts: Tally) -> ChecklistStep:
    """Return the step of first notices: done when a dispatch was made and nobody is owed a notice now."""
    sent = list_dispatches_with_progress(incident, [Kind.FIRST_NOTICE])
    if not sent:
        number = counts["owed"] or counts["senders"]  # nothing is owed until the follow-up is opened
        each = f"Hver af de {danish.count(number, 'afsender', 'afsendere')}" if number > 1 else "Hver afsender"
        text = f"{each} får én mail om sine breve. Lederen får kopi."
        return ChecklistStep(
            "notices", "Send beskeder", [Note(text, reverse("notices"), "Gå til beskeder", "receivers")], False
        )
    notes = []
    if counts["paused"]:
        notes.append(Note("Hændelsens mails er på pause.", reverse("notices"), "Se hvorfor"))
    senders_reached = danish.count(counts["reached"], "afsender", "afsendere")
    text = f"Vi har skrevet eller ringet til {senders_reached}." if counts["reached"] else "Udsendelsen er bestilt."
    if on_their_way := sum(progress.in_queue + progress.deferred for progress in sent):
        text = f"{text} {danish.count(on_their_way, 'mail', 'mails')} er på vej."
    notes.append(Note(text, reverse("dispatch", args=[sent[0].dispatch.pk]), "Følg udsendelsen"))
    if counts["owed"]:
        lacking = danish.count(counts["owed"], "afsender mangler", "afsendere mangler")
        text = f"{lacking} en mail om nye breve."
        notes.append(Note(text, reverse("notices"), "Gå til beskeder", "receivers"))
    for progress in sent:
        if number := progress.needing_action:
            address = f"{reverse('dispatch', args=[progress.dispatch.pk])}?tilstand=handling"
            day = f" fra {danish.day_month(progress.dispatch.requested_at)}" if len(sent) > 1 else ""
            text = f"{danish.count(number, 'mail', 'mails')}{day} er måske ikke kommet frem."
            notes.append(Note(text, address, "Se hvorfor"))
    return ChecklistStep("notices", "Send beskeder", notes, not counts["owed"])


def _reminders_step(counts: Tally) -> ChecklistStep:
    is_on = bool(counts["reminds"])
    text = "Påmindelserne er slået til." if is_on else "Påmindelserne er slået fra."
    note = Note(text, reverse("reminders"), "Gå til påmindelser")
    return ChecklistStep("reminders", "Slå påmindelser til", [note], is_on)


def _followup_step(facts: IncidentFacts) -> ChecklistStep:
    counts = facts.counts
    missing, letters, unproven = missing_letters(counts), counts["ALL"], counts["UNPROVEN"]
    text = f"{followed_up_sentence(counts)}." if letters else "Her ser du, hvor langt forvaltningerne er."
    notes = [Note(text, "#planer", "Se forvaltningerne", "not_followed_up" if missing else "")]
    if unproven:
        text = f"{_letter_count(unproven)} mangler bevis mere end tre arbejdsdage efter afsendelsen."
        notes.append(Note(text, board_link(facts.root.pk, status="UNPROVEN"), "Se breve uden bevis", "unproven"))
    return ChecklistStep("followup", "Følg op", notes, bool(letters) and not missing)
