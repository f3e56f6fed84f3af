from letters.models.assignment import Assignment
from letters.models.categories import CategoryRule
from letters.models.change import LetterChange
from letters.models.files import ImportFilePart
from letters.models.imports import ImportBatch, ImportRow
from letters.models.incident import DeadlineChange, Incident
from letters.models.letter import Letter
from letters.models.progress import ImportProgress
from letters.models.remembered import RememberedColumns
from letters.models.unit_answer import UnitAnswer

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
