from followups.models.escalation import Escalation, EscalationEntry
from followups.models.followup import Consequence, Decision, FollowUp

__all__ = ["Consequence", "Decision", "Escalation", "EscalationEntry", "FollowUp"]
