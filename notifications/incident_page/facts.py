"""What the checklists of an incident build on. The page asks it once for all of them."""

from __future__ import annotations

from typing import NamedTuple

from followups.boards.board_letters import board_condition
from followups.reporting.letter_figures import OPEN_LETTER_FIGURES, Tally, letter_conditions
from letters.models import ImportBatch, Incident
from letters.models.letter import WITHOUT_OWNER
from letters.models.visibility import readable_by
from letters.story.story_rows import StoryRows, read_story_rows
from notifications.alarms.alarm_list import ShownAlarm, list_open_alarms
from notifications.kinds.notice_kinds import LACKS_FIRST_NOTICE
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import calendar
from sepo_incident.core.sql_expression import sql_expression
from sepo_incident.core.sql_files import read_sql

_SQL = read_sql(
    __file__,
    "facts.sql",
    listed=", ".join(f"'{one}', count(*) FILTER (WHERE is_listed AND {{listed_{one}}})" for one in OPEN_LETTER_FIGURES),
)


class IncidentFacts(NamedTuple):
    """The rows of the story, the numbers of `facts.sql`, and the open alarms. `root`: the whole municipality.

    `counts`: of all letters, regardless of the reader. `listed`: of those on the reader's board.
    """

    story: StoryRows
    root: Unit
    counts: Tally
    listed: Tally
    alarms: list[ShownAlarm]

    @property
    def incident(self) -> Incident:
        return self.story.incident

    @property
    def waiting_lists(self) -> list[ImportBatch]:
        """The lists that are read, and that KIT answers a question about or commits; the newest first."""
        waiting = (ImportBatch.Status.ASKING, ImportBatch.Status.CHECKED)
        return [one for one in self.story.lists if one.status in waiting]


def read_facts(incident: Incident, reader: User) -> IncidentFacts:
    """Return the facts. Four queries."""
    root, today = Unit.root(), calendar.today()
    own = letter_conditions(reader, today, OPEN_LETTER_FIGURES)
    [(listed, counts)] = sql_expression(
        _SQL,
        {},
        incident=incident.pk,
        without_owner=WITHOUT_OWNER,
        lacks_notice=LACKS_FIRST_NOTICE,
        on_board=board_condition(root, reader, is_list=True),
        may_read=readable_by(reader),
        **letter_conditions(None, today, ("FOLLOWED_UP", "ARRIVED", "UNPROVEN")),
        **{f"listed_{name}": condition for name, condition in own.items()},
    ).fetch()
    return IncidentFacts(read_story_rows(incident), root, Tally(counts), Tally(listed), list_open_alarms())
