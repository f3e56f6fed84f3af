"""What the texts of a note are about: the incident, the unit, the figures, the note before, and the story."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from followups.models import FollowUp, NoteVersion
from followups.reporting.figure_definitions import DELETION
from followups.reporting.figures import FigureValue, Scope, large_units_of, take_figures
from letters.models import ImportBatch, Incident, Letter, deadline_of_unit
from letters.story.plans import administrations_of
from notifications.status_note.mail_annex import first_notice_as_sent
from notifications.status_note.story import Story, read_story
from notifications.unit_mails import mail_figures
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish


class Deletion(NamedTuple):
    """An answer about deletion, and the Danish words of its figure.

    `told`: the sentence of the note under *Konsekvenser for modtagerne*, with {} for the letters.
    """

    answer: FollowUp.Deletion
    key: str
    label: str
    sentence: str
    told: str


DELETIONS = [
    Deletion(
        FollowUp.Deletion.CONFIRMED,
        f"{DELETION}confirmed",
        "er slettet hos den forkerte modtager",
        "Breve, som den forkerte modtager har bekræftet at have slettet.",
        "Den forkerte modtager har bekræftet, at {} er slettet.",
    ),
    Deletion(
        FollowUp.Deletion.NO_CONFIRMATION,
        f"{DELETION}unconfirmed",
        "får ingen bekræftelse på sletning",
        "Breve, som den forkerte modtager ikke vil eller kan bekræfte at have slettet.",
        "Der kommer ingen bekræftelse på, at {} er slettet.",
    ),
    Deletion(
        FollowUp.Deletion.NOT_YET,
        f"{DELETION}open",
        "mangler en bekræftelse på sletning",
        "Breve, som den forkerte modtager ikke har bekræftet at have slettet endnu.",
        "Den forkerte modtager mangler at bekræfte, at {} er slettet.",
    ),
]


def deletion_figures(scope: Scope) -> Iterator[FigureValue]:
    """Yield the figures if the kind of incident asks about deletion. At most one query."""
    if "deletion" not in scope.incident.rules.questions:
        return
    lists = {one.answer.value: ArrayAgg("pk", filter=Q(followup__deletion=one.answer), default=[]) for one in DELETIONS}
    found = scope.letters.order_by().aggregate(**lists)
    for one in DELETIONS:
        ids = sorted(found[one.answer.value])
        yield FigureValue(one.key, one.label, one.sentence, len(ids), ids)


#: The figure of the whole municipality in the note of one administration.
MUNICIPALITY_LETTERS = "municipality.letters"
NO_LETTERS = "Der er ingen breve at skrive om. Indlæs en liste først."


class NoteRefused(Exception):
    """Raised when no note can be made or published. The text is a Danish sentence with the next step."""


@dataclass(frozen=True)
class NoteFacts:
    """What the texts are about. `dated_before`, `values_before`: the day and {key: value} of
    the figures of the last published version.

    `first_notice`: the paragraphs of the mail to senders as it was sent, without personal data; [] before it was sent.
    `tells_subjects`: whether the unit is so large that a number of a category or recipient points at nobody.
    """

    incident: Incident
    unit: Unit
    figures: Mapping[str, FigureValue]
    taken_at: datetime
    story: Story
    deadline: date
    dated_before: date | None = None
    values_before: Mapping[str, int | Decimal] = field(default_factory=dict)
    tells_subjects: bool = True
    first_notice: list[str] = field(default_factory=list)

    def value(self, key: str) -> int | Decimal:
        return self.figures[key].value if key in self.figures else 0

    def has_changed(self, key: str) -> bool:
        """Tell whether the figure has another value than in the version before, if there is one."""
        return self.dated_before is not None and self.value(key) != self.values_before.get(key, 0)

    def if_any(self, key: str, text: str, other: str = "") -> str:
        return text if self.value(key) else other

    def noun(self, key: str) -> str:
        """Return the figure as a field, with «brev» or «breve»."""
        return f"{{{key}}} {'brev' if self.value(key) == 1 else 'breve'}"


def note_units(incident: Incident) -> list[Unit]:
    """Return the units that can have a note: the whole municipality and the administrations with letters."""
    return [Unit.root(), *administrations_of(incident)]


def gather_facts(incident: Incident, unit: Unit, at: datetime) -> NoteFacts:
    """Return what the texts of a note are about. Raise NoteRefused if there are no letters."""
    figures = take_note_figures(incident, unit, at)
    if not figures["letters"].value:
        raise NoteRefused(NO_LETTERS)
    before = NoteVersion.objects.of(incident, unit).published().first()
    large = large_units_of(Scope(incident, unit, at).letters, danish.local_date(at))
    return NoteFacts(
        incident=incident,
        unit=unit,
        figures=figures,
        taken_at=at,
        story=read_story(incident, unit, at),
        dated_before=danish.local_date(before.taken_at) if before else None,
        values_before={one.key: one.amount for one in before.figures.defer("letters")} if before else {},
        tells_subjects=unit.pk in large,
        deadline=deadline_of_unit(incident, unit),
        first_notice=first_notice_as_sent(incident),
    )


def take_note_figures(incident: Incident, unit: Unit, at: datetime) -> dict[str, FigureValue]:
    """Return {key: figure} of the unit's letters, and for an administration the letters of the municipality."""
    scope = Scope(incident, unit, at)
    figures = take_figures(scope) | {one.key: one for one in (*deletion_figures(scope), *mail_figures(scope))}
    if not unit.is_root:
        ids = list(Letter.objects.active().filter(incident=incident).order_by("pk").values_list("pk", flat=True))
        sentence = "Alle breve i hændelsen fra hele kommunen, undtagen dem, der er trukket tilbage."
        whole = FigureValue(MUNICIPALITY_LETTERS, "breve i hele kommunen", sentence, len(ids), ids)
        figures[MUNICIPALITY_LETTERS] = whole
    return figures


def hedges_of(facts: NoteFacts) -> tuple[dict[str, str], list[str]]:
    """Return {key: word} of the figures that are not final, and the rules as sentences.

    The number of letters is »op mod« until KIT has imported a list as full, or the incident is closed.
    """
    hedges: dict[str, str] = {}
    reasons: list[str] = []
    committed = ImportBatch.objects.filter(incident=facts.incident, status=ImportBatch.Status.COMMITTED)
    newest = committed.order_by("-committed_at").first()
    is_closed = facts.incident.status == Incident.Status.CLOSED
    if not is_closed and not (newest and newest.is_full):
        hedges |= dict.fromkeys(("letters", MUNICIPALITY_LETTERS), "op mod")
        reasons.append("»Op mod«: Der kan komme en liste med flere breve, indtil en fuld liste er indlæst.")
    return hedges, reasons
