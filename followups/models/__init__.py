"""Models of the follow-ups."""

from followups.models.arrival import Arrival, ProofPart
from followups.models.bulk_decision import BulkDecision, BulkLetter
from followups.models.decision import Decision
from followups.models.drafts import DecisionDraft, DraftText
from followups.models.escalation import DeskMember, Escalation, EscalationEntry
from followups.models.followup import Consequence, FollowUp
from followups.models.letter_row import LetterRow
from followups.models.note import ClosingCertificate, NoteFigure, NoteProse, NotePublication, NoteTemplate, NoteVersion
from followups.models.saved_view import SavedView
from followups.models.standard_answer import StandardAnswer
