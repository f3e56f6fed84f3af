"""A second incident with the people and units of the first."""

from datetime import date
from types import SimpleNamespace

from followups import services
from followups.models import Escalation, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.models import ImportBatch
from notifications.models import Notice
from tests.cast import LETTERS
from tests.factories import FIRST_ROW, BatchFactory, IncidentFactory, LetterFactory, import_row_for
from tests.notices import write_first_notices


def build_second_letters(cast: SimpleNamespace, word: str = "fjernprint") -> SimpleNamespace:
    """Return a copy of the cast with another incident, named by the word, and its letters, in the same order."""
    second = SimpleNamespace(**vars(cast))
    second.incident = IncidentFactory(slug=word, title=f"Forsinket {word}", deadline=date(2020, 1, 20))
    batch = BatchFactory(incident=second.incident, filename=f"{word}.xlsx", sha256=word[0] * 64)
    for number, (attribute, sender, leader, fields) in enumerate(LETTERS):
        letter = LetterFactory.build(
            incident=second.incident,
            batch=batch,
            batch_row=FIRST_ROW + number,
            source_ref=f"{word[0].upper()}-{number:05d}",
            sender=getattr(cast, sender),
            leader=getattr(cast, leader) if leader else None,
            **fields | {"subject": fields["subject"] and f"{word.capitalize()} {number}"},
        )
        letter.unit = letter.unit or cast.borgercenter
        letter.save()
        import_row_for(letter).save()
        FollowUp.objects.create(letter=letter, due_on=letter.named_on)
        setattr(second, attribute, letter)
    ImportBatch.objects.filter(pk=batch.pk).update(total_rows=len(LETTERS))
    return second


def build_second_incident(cast: SimpleNamespace, word: str = "fjernprint") -> SimpleNamespace:
    """Return another incident with a question to DIT (`escalation`) and all first notices written."""
    second = build_second_letters(cast, word)
    asked = DecisionAnswers(remedy=HELP, question=f"Hvor er {word}eren?")
    services.decide(second.passed, asked, cast.karen, version=0)
    second.escalation = Escalation.objects.get(followup__letter=second.passed)
    second.dispatch = write_first_notices(second.incident)
    second.notice = Notice.objects.get(receiver=cast.karen, dispatch=second.dispatch)
    return second
