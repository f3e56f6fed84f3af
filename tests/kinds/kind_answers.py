"""Answers of a decision in an incident of each kind, as a form posts them and as cells of the workbook."""

from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from followups.decision_form import DecisionForm
from letters.incident_kinds import KINDS, IncidentKind
from letters.models import Incident

USUAL_POST = {"deadline_missed": "nej", "consequence_review": "NONE"}
NOTHING_TO_SEND = USUAL_POST | {"remedy": "NO_DISPATCH", "no_dispatch_reason": "Modtageren har fået brevet."}


def day(name, *parts):
    return dict(zip((f"{name}_day", f"{name}_month", f"{name}_year"), map(str, parts), strict=True))


WRONG = IncidentKind.WRONG_RECIPIENT
#: the answer to the own question of WRONG
DELETED = {"deletion": "CONFIRMED", **day("deletion_confirmed_on", 10, 1, 2020)}
NOT_YET = {"deletion": "NOT_YET", **day("deletion_due_on", 20, 1, 2020)}

#: answers to every question that some kind asks, as (name of the answers, fields)
OWN_VARIANTS = {
    "nothing": {},
    "deleted": {"deletion": "CONFIRMED", "deletion_confirmed_on": date(2020, 1, 10)},
    "not yet": {"deletion": "NOT_YET", "deletion_due_on": date(2020, 1, 20)},
    "no confirmation": {"deletion": "NO_CONFIRMATION", "no_deletion_reason": "Adressen findes ikke"},
}
#: answers about a deletion that lack the field that belongs to them, or have another's
WRONG_FIELDS = {
    "deleted without a day": {"deletion": "CONFIRMED"},
    "not yet without a day": {"deletion": "NOT_YET"},
    "no confirmation without a reason": {"deletion": "NO_CONFIRMATION"},
    "two answers": {"deletion": "NOT_YET", "deletion_due_on": date(2020, 1, 20), "no_deletion_reason": "Nej"},
    "a day without an answer": {"deletion_due_on": date(2020, 1, 20)},
}


def set_kind(cast, kind):
    Incident.objects.filter(pk=cast.incident.pk).update(kind=kind)
    cast.incident.refresh_from_db()
    for letter in (cast.passed, cast.soon, cast.plain, cast.untitled, cast.annes):
        letter.refresh_from_db()


def answers_of(kind):
    own = DELETED if kind == WRONG else {}
    form = DecisionForm({"version": "0"} | NOTHING_TO_SEND | own, rules=KINDS[kind])
    assert form.is_valid(), form.errors
    return form.answers


def letter_url(letter):
    return reverse("letter", args=[letter.pk])


def book_word(kind, remedy):
    """Return the word that the workbook has for the remedy."""
    form = DecisionForm(may_ask=False, rules=KINDS[kind])
    return dict(form.fields["remedy"].choices)[remedy]


def workbook_upload(content):
    return SimpleUploadedFile("breve.xlsx", content)
