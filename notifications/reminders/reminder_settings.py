"""The reminder schedule: on, off, reminder days, pauses. The forms, and the services that record time and user."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db import transaction
from django.utils import timezone

from letters.models import Incident, Letter
from notifications.models import ReminderPause, ReminderSchedule, ReminderScheduleChange
from notifications.models.reminder_schedule import MAX_DAYS_BEFORE_DEADLINE
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import danish
from sepo_incident.core.forms import DanishDateField, FreeText, set_choices, set_date_bounds


@transaction.atomic
def switch_reminders(incident: Incident, by: User, is_on: bool) -> bool:
    """Switch the reminders on or off. Mails already written still go out. Return False if nothing changes."""
    schedule = lock_schedule(incident)
    if schedule.is_on == is_on:
        return False
    schedule.switched_on_at, schedule.switched_on_by = (timezone.now(), by) if is_on else (None, None)
    schedule.save()
    kind = ReminderScheduleChange.Kind.ON if is_on else ReminderScheduleChange.Kind.OFF
    ReminderScheduleChange.objects.create(incident=incident, kind=kind, by=by)
    return True


@transaction.atomic
def change_steps(incident: Incident, before: Sequence[int], every: int, digest_days: Sequence[int], by: User) -> bool:
    """Change the reminder days. Return False if nothing changes."""
    schedule = lock_schedule(incident)
    new = [sorted(set(before), reverse=True), every, sorted(set(digest_days))]
    if [schedule.before, schedule.every, schedule.digest_days] == new:
        return False
    schedule.before, schedule.every, schedule.digest_days = new  # type: ignore[assignment]
    schedule.save()
    kind, words = ReminderScheduleChange.Kind.STEPS, describe_steps(schedule)
    ReminderScheduleChange.objects.create(incident=incident, kind=kind, steps=words, by=by)
    return True


def describe_steps(schedule: ReminderSchedule) -> str:
    """«5, 2 og 1 arbejdsdag før fristen, på dagen og hver anden arbejdsdag efter; oversigt mandag og torsdag»"""
    before = danish.join_with_and([str(number) for number in schedule.before])
    days = "arbejdsdag" if schedule.before[-1:] == [1] else "arbejdsdage"
    ahead = f"{before} {days} før fristen, " if before else ""
    after = {1: "hver arbejdsdag", 2: "hver anden arbejdsdag"}.get(schedule.every, f"hver {schedule.every}. arbejdsdag")
    digest = danish.join_with_and([danish.WEEKDAYS[number] for number in schedule.digest_days])
    return f"{ahead}på dagen og {after} efter; {f'lederoversigt {digest}' if digest else 'ingen faste oversigter'}"


def lock_schedule(incident: Incident) -> ReminderSchedule:
    """Lock the incident for the transaction, and return the saved reminder schedule or an unsaved default.

    Raise IncidentClosed.
    """
    Incident.objects.lock_open(incident.pk)
    return ReminderSchedule.objects.for_incident(incident)


@transaction.atomic
def pause_unit(incident: Incident, unit: Unit, reason: str, until: date, by: User) -> ReminderPause:
    """Pause reminders to the unit, and end the unit's earlier pause."""
    lock_schedule(incident)
    ReminderPause.objects.filter(incident=incident, unit=unit, ended_at=None).update(
        ended_at=timezone.now(), ended_by=by
    )
    return ReminderPause.objects.create(incident=incident, unit=unit, reason=reason, until=until, by=by)


def end_pause(pause: ReminderPause, by: User) -> bool:
    """End the pause. Return False if the pause had ended already."""
    unended = ReminderPause.objects.filter(pk=pause.pk, ended_at=None)
    return bool(unended.update(ended_at=timezone.now(), ended_by=by))


MAX_PAUSE = timedelta(days=365)


class ReminderStepsForm(forms.Form):
    before = FreeText(
        label="Arbejdsdage før fristen",
        help_text="For eksempel 5, 2, 1. Påmindelsen på fristens dag kommer altid.",
        required=False,
        max_length=60,
    )
    every = forms.IntegerField(
        label="Antal arbejdsdage mellem påmindelser efter fristen",
        min_value=1,
        max_value=20,
        error_messages={"required": "Skriv et tal fra 1 til 20."},
    )
    digest_days = forms.TypedMultipleChoiceField(
        label="Ledernes oversigt",
        choices=list(enumerate(map(danish.capitalized, danish.WEEKDAYS[:5]))),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, schedule: ReminderSchedule, data: Any = None):
        before = ", ".join(map(str, schedule.before))
        initial = {"before": before, "every": schedule.every, "digest_days": schedule.digest_days}
        super().__init__(data, initial=initial, auto_id="trin_%s")

    def clean_before(self) -> list[int]:
        parts = [part for part in re.split(r"[,;\s]+|\bog\b", self.cleaned_data["before"]) if part]
        if not all(part.isascii() and part.isdigit() and 0 < int(part) <= MAX_DAYS_BEFORE_DEADLINE for part in parts):
            raise forms.ValidationError(
                f"Skriv tal fra 1 til {MAX_DAYS_BEFORE_DEADLINE} med komma, for eksempel 5, 2, 1."
            )
        return [int(part) for part in parts]


class ReminderPauseForm(forms.Form):
    unit = forms.TypedChoiceField(
        label="Enhed",
        coerce=int,
        help_text="Pausen gælder også underenheder.",
        empty_value=None,
        error_messages={"required": "Vælg en enhed."},
    )
    until = DanishDateField(label="Til og med", help_text="Derefter kommer påmindelserne igen.")
    reason = FreeText(
        label="Hvorfor?",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "wide"}),
        error_messages={"required": "Skriv, hvorfor enheden får en pause."},
    )

    def __init__(self, incident: Incident, today: date, data: Any = None):
        super().__init__(data, auto_id="pause_%s")
        set_choices(self, "unit", [("", "Vælg en enhed"), *unit_choices(incident)])
        set_date_bounds(self, (today, today + MAX_PAUSE), "until")


def unit_choices(incident: Incident) -> list[tuple[int, str]]:
    """Return every unit with letters in the unit or below, as an indented tree."""
    letters = Letter.objects.filter(incident=incident).active()
    lineages = letters.exclude(unit=None).values_list("unit__lineage", flat=True).distinct()
    return Unit.objects.filter(pk__in={pk for lineage in lineages for pk in lineage}).as_indented_choices()
