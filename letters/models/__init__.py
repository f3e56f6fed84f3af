"""The models of letters, incidents and their story, import batches, category rules and assignments."""

from letters.models.api import ApiToken, ApiTokenUse, PushedMessage
from letters.models.breach import (
    BreachAssessment,
    BreachNotification,
    BreachOpinion,
    BreachReport,
    InformationDecision,
)
from letters.models.category_rule import CategoryRule
from letters.models.deadline import (
    DEADLINE,
    DeadlineExtension,
    deadline_of_unit,
    deadlines_of_letters,
    deadlines_of_units,
)
from letters.models.import_batch import ImportBatch, ImportFilePart, ImportRow, UnitAnswer
from letters.models.import_progress import ImportProgress
from letters.models.incident import DeadlineChange, Incident, StatusChange
from letters.models.incident_story import (
    AdministrationPlan,
    Cause,
    Claim,
    Emergency,
    IncidentContact,
    Measure,
    SupplierExchange,
    TimelineEntry,
)
from letters.models.letter import Letter
from letters.models.letter_change import Assignment, LetterChange
from letters.models.openings import PersonnelOpening
from letters.models.silence import (
    FlowCount,
    Frontier,
    LateLetter,
    Leg,
    LegSlice,
    MissingHistory,
    MissingReport,
    Pace,
    SilenceAlarm,
    SilenceSign,
    TouchedBucket,
    WaitingShare,
)
from letters.models.tracking import Channel, DispatchOutcome, LetterDispatch, Receipt, ReceiptStatus
from letters.models.tracking_file import TrackingFile, TrackingFilePart
