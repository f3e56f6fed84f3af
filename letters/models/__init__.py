"""The models of letters, incidents, import batches, category rules and assignments."""

from letters.models.category_rule import CategoryRule
from letters.models.import_answers import RememberedColumns, UnitAnswer
from letters.models.import_batch import ImportBatch, ImportFilePart, ImportRow
from letters.models.import_progress import ImportProgress
from letters.models.incident import DeadlineChange, Incident
from letters.models.letter import Letter
from letters.models.letter_change import Assignment, LetterChange

__all__ = [
    "Assignment",
    "CategoryRule",
    "DeadlineChange",
    "ImportBatch",
    "ImportFilePart",
    "ImportProgress",
    "ImportRow",
    "Incident",
    "Letter",
    "LetterChange",
    "RememberedColumns",
    "UnitAnswer",
]
