"""What Koncern IT must do now about the incident, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from django.urls import reverse

from letters.models import BreachAssessment, Measure, SupplierExchange
from letters.story.breach import BreachClock, address_of
from letters.story.plans import PlanRow
from notifications.alarms.alarm_list import ShownAlarm
from notifications.incident_page.checklist import ChecklistStep
from notifications.incident_page.facts import IncidentFacts
from sepo_incident.core import danish

#: Steps of the checklist without which the senders know nothing. Until they are done, the checklist comes first.
FIRST_STEPS = ("opening", "notices")
#: Steps that go on until the end, told elsewhere on the page.
LASTING_STEPS = ("followup",)
ASSESS, ASSESS_AGAIN = "vurdér, om det er et databrud", "vurdér igen, om det er et databrud"


class NextStep(NamedTuple):
    """A step: the heading, a sentence, and the page of the action. `clock`: the 72 hours that run."""

    title: str
    text: str
    url: str
    action: str
    clock: BreachClock | None = None
    phone: str = ""


def is_young(steps: Sequence[ChecklistStep]) -> bool:
    """Return whether the incident is still being set up: no letters yet, letters to open, or senders to tell."""
    return any(step.name in FIRST_STEPS and not step.is_done for step in steps)


def list_next_steps(
    facts: IncidentFacts,
    steps: Sequence[ChecklistStep],
    clocks: Sequence[BreachClock],
    unreported: BreachClock | None,
    plans: Sequence[PlanRow],
    today: date,
) -> list[NextStep]:
    """Return the steps. No query. `unreported`: the breach question that nobody has reported yet.

    The steps of the checklist that come first in a young incident are told here only if a breach comes before them.
    """
    breach = list(_breach_steps(clocks, unreported))
    paused = "Hændelsens mails er på pause. Ingen får besked eller påmindelser."
    return [
        *breach,
        *(
            [NextStep("sæt mails i gang", paused, reverse("notices"), "Gå til beskeder")]
            if facts.counts["paused"]
            else []
        ),
        *(_first_steps(steps) if breach else ()),
        *_checklist_steps(steps),
        *_fix_step(facts),
        *_alarm_steps(facts.alarms),
        *_plan_steps(plans),
        *_measure_steps(facts.story.measures, today),
        *_supplier_steps(facts.story.exchanges, today),
    ]


def asks_breach_first(next_steps: Sequence[NextStep]) -> bool:
    """Return whether the first step has a clock of 72 hours, running or passed."""
    return bool(next_steps) and next_steps[0].clock is not None


def _breach_steps(clocks: Sequence[BreachClock], unreported: BreachClock | None) -> Iterator[NextStep]:
    if unreported:
        text = f"{danish.sentence(unreported.report.text)} Skriv, hvornår I opdagede det. {_due_sentence(unreported)}"
        yield NextStep(ASSESS, text, reverse("breach"), "Registrér det mulige databrud", unreported)
    for clock in clocks:
        if clock.is_settled:
            continue
        if clock.newest and clock.newest.answer == BreachAssessment.Answer.NOTIFY:
            title, action = "anmeld databruddet", "Se udkastet"
        else:
            title, action = ASSESS_AGAIN if len(clocks) > 1 else ASSESS, "Skriv vurderingen"
        text = f"{danish.sentence(clock.report.text)} {_due_sentence(clock)}"
        yield NextStep(title, text, address_of(clock.report), action, clock)


def _due_sentence(clock: BreachClock) -> str:
    """Return when the breach must be notified, and what to do after that (GDPR art. 33(1))."""
    if not clock.is_overdue:
        return clock.due_sentence
    at_once = "Anmeld straks" if clock.is_assessed else "Skal det anmeldes, så anmeld straks"
    return f"{clock.due_sentence} {at_once}, og skriv, hvorfor det er for sent."


def _first_steps(steps: Sequence[ChecklistStep]) -> Iterator[NextStep]:
    """Yield the first of `FIRST_STEPS` that is not done: nobody can be told before the follow-up is opened."""
    waiting = next((step for step in steps if step.name in FIRST_STEPS and not step.is_done), None)
    if waiting and waiting.opens:
        note = waiting.notes[0]
        yield NextStep(waiting.title, f"{waiting.title}. {note.text}", "#trin", "Gå til trinnet")
    elif waiting:
        for note in waiting.notes:
            if note.number == "receivers":
                yield NextStep(waiting.title, f"{waiting.title}. {note.text}", note.url, note.action)


def _checklist_steps(steps: Sequence[ChecklistStep]) -> Iterator[NextStep]:
    for step in steps:
        note = step.notes[0]
        waits_for_list = not note.url
        if not step.is_done and not waits_for_list and step.name not in (*FIRST_STEPS, *LASTING_STEPS):
            yield NextStep(step.title[0].lower() + step.title[1:], note.text, note.url, note.action)


def _fix_step(facts: IncidentFacts) -> Iterator[NextStep]:
    incident = facts.incident
    if facts.counts["ALL"] and not incident.fixed_from and not incident.until_fixed:
        text = "Afsenderne skal vide, om brevene kommer frem, hvis de sender dem igen nu."
        yield NextStep("skriv, om fejlen er rettet", text, reverse("incident_fix"), "Skriv svaret")


def _alarm_steps(alarms: Sequence[ShownAlarm]) -> Iterator[NextStep]:
    for shown in alarms:
        if shown.alarm.taken_by is None:
            yield NextStep(
                "tag alarmen", f"{shown.title}.", f"{reverse('alarms')}#alarm-{shown.alarm.pk}", "Se alarmen"
            )


def _plan_steps(plans: Sequence[PlanRow]) -> Iterator[NextStep]:
    missing = [row.unit.code or row.unit.name for row in plans if not row.has_plan]
    if missing:
        number = danish.count(len(missing), "forvaltning har", "forvaltninger har")
        text = f"{number} ikke sendt en plan: {danish.join_with_and(missing)}."
        yield NextStep("få de sidste planer", text, "#planer", "Se planerne")


def _measure_steps(measures: Sequence[Measure], today: date) -> Iterator[NextStep]:
    for measure in measures:
        if measure.is_overdue(today):
            since = danish.days_left(measure.due_on, today)
            text = f"»{measure.title}« skulle være gennemført {since}. Ring til {measure.contact_name}"
            url = reverse("story_row", args=["tiltag", measure.pk])
            yield NextStep("få tiltaget gennemført", f"{text}.", url, "Ret tiltaget", phone=measure.phone)


def _supplier_steps(exchanges: Sequence[SupplierExchange], today: date) -> Iterator[NextStep]:
    for one in exchanges:
        if one.next_answer_on and one.next_answer_on < today and not one.answer:
            text = f"Svaret skulle være kommet {danish.days_left(one.next_answer_on, today)}: {one.text}"
            url = reverse("story_row", args=["leverandoer", one.pk])
            yield NextStep("ryk leverandøren for svar", text, url, "Skriv svaret")
