"""What the checklists of an incident build on. The page asks it once for all of them."""

from __future__ import annotations

from typing import NamedTuple

from followups.reporting.letter_figures import Tally, letter_conditions
from letters.models import ImportBatch, Incident
from letters.models.letter import WITHOUT_OWNER
from letters.story.story_rows import StoryRows, read_story_rows
from notifications.alarms.alarm_list import ShownAlarm, list_open_alarms
from notifications.kinds.notice_kinds import LACKS_FIRST_NOTICE
from sepo_incident.accounts.models import Unit
from sepo_incident.core import calendar
from sepo_incident.core.sql_expression import sql_expression
from sepo_incident.core.sql_files import read_sql

_SQL = read_sql(__file__, "facts.sql")


class IncidentFacts(NamedTuple):
    """The rows of the story, the numbers of `facts.sql`, and the open alarms. `root`: the whole municipality."""

    story: StoryRows
    root: Unit
    counts: Tally
    alarms: list[ShownAlarm]

    @property
    def incident(self) -> Incident:
        return self.story.incident

    @property
    def waiting_lists(self) -> list[ImportBatch]:
        """The lists that are read, and that KIT answers a question about or commits; the newest first."""
        waiting = (ImportBatch.Status.ASKING, ImportBatch.Status.CHECKED)
        return [one for one in self.story.lists if one.status in waiting]


def read_facts(incident: Incident) -> IncidentFacts:
    """Return the facts. Four queries."""
    return add_facts(read_story_rows(incident), Unit.root())


def add_facts(story: StoryRows, root: Unit) -> IncidentFacts:
    """Return the facts beside the story. Two queries."""
    return IncidentFacts(story, root, count_all(story.incident), list_open_alarms())


def count_all(incident: Incident) -> Tally:
    """Return the numbers of `facts.sql`. One query."""
    conditions = letter_conditions(None, calendar.today(), ("OPEN", "ARRIVED", "UNPROVEN"))
    named = {name.lower(): condition for name, condition in conditions.items()}
    numbers = sql_expression(
        _SQL, {}, incident=incident.pk, without_owner=WITHOUT_OWNER, lacks_notice=LACKS_FIRST_NOTICE, **named
    )
    return Tally(numbers.fetch()[0][0])
