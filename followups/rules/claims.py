"""What Koncern IT says of all letters of an incident, the rows that say otherwise, and the breach question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from letters.models import BreachReport, Claim, Incident, Letter
from letters.story.breach import BreachClock
from sepo_incident.core import danish


class ClaimRow(NamedTuple):
    """A kind of claim, the claim that Koncern IT has made (None for none), and what rows say against the claim.

    `against_all`: what rows say against every claim, the same list in each row.
    """

    kind: Claim.Kind
    claim: Claim | None
    against: list[str]
    against_all: list[str]

    @property
    def printed(self) -> Claim | None:
        """Return the claim that the note prints: somebody says it, and no row says otherwise."""
        is_said = self.claim is not None and not self.claim.is_withdrawn
        return self.claim if is_said and not self.against and not self.against_all else None


def list_claims(incident: Incident, clocks: Sequence[BreachClock]) -> list[ClaimRow]:
    """Return a row for each kind of claim. At most three queries. `clocks`: those of the incident's reports."""
    said = {one.kind: one for one in Claim.objects.filter(incident=incident).select_related("changed_by")}
    letters = Letter.objects.filter(incident=incident).active()
    gone = ["Mindst ét brevs original findes ikke."] if letters.filter(followup__is_original_gone=True).exists() else []
    resent = "RESEND" in incident.rules.remedies
    against = {
        Claim.Kind.NONE_LOST: gone,
        Claim.Kind.NO_STRANGER: list(_strangers(incident, clocks)),
        Claim.Kind.ALL_RESENDABLE: gone if resent else ["Brevene i hændelsen kan ikke sendes igen, som de er."],
    }
    unassessed = [f"Det er ikke afgjort, om {_report(one)}, skal anmeldes." for one in clocks if not one.is_assessed]
    return [ClaimRow(kind, said.get(kind), against[kind], unassessed) for kind in Claim.Kind]


def _strangers(incident: Incident, clocks: Sequence[BreachClock]) -> Iterator[str]:
    """Yield what says that a stranger has seen a letter."""
    if incident.rules.breach:
        yield incident.rules.breach
    for clock in clocks:
        if clock.report.lost_confidentiality:
            yield f"Ved {_report(clock)}, kan uvedkommende have set oplysninger."


def _report(clock: BreachClock) -> str:
    return f"det mulige brud, opdaget {danish.day_month(clock.report.aware_at)}"


def unreported_breach(incident: Incident, now: datetime) -> BreachClock | None:
    """Return the clock of the breach question, or None if the incident raises none or somebody has reported a breach.

    The clock starts when the incident is created. One query, none for a kind without the question. The clock's report
    is not saved.
    """
    known = incident.rules.breach
    if not known or BreachReport.objects.filter(incident=incident).exists():
        return None
    return BreachClock(BreachReport(incident=incident, aware_at=incident.created_at, text=known), [], None, now)
