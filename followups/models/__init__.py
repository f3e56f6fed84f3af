from followups.models.arrival import Arrival, ProofPart
from followups.models.bulk import BulkDecision, BulkLetter
from followups.models.draft_text import DraftText
from followups.models.escalation import Escalation, EscalationEntry
from followups.models.followup import Consequence, Decision, FollowUp
from followups.models.half_written import HalfWritten
from followups.models.standard_answer import StandardAnswer

__all__ = [
    "Arrival",
    "BulkDecision",
    "BulkLetter",
    "Consequence",
    "Decision",
    "DraftText",
    "Escalation",
    "EscalationEntry",
    "FollowUp",
    "HalfWritten",
    "ProofPart",
    "StandardAnswer",
]
