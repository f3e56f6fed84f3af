"""An alarm as a page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.alarms import wording
from notifications.alarms.wording import Step
from notifications.models import Alarm


@dataclass(frozen=True)
class Shown:
    alarm: Alarm
    title: str
    what: str
    steps: list[Step]


def show(alarm: Alarm) -> Shown:
    return Shown(alarm, wording.title(alarm), wording.what(alarm), wording.steps(alarm))


def open_alarms() -> list[Shown]:
    """One query; the newest first."""
    return [show(alarm) for alarm in Alarm.objects.open().select_related("taken_by")]
