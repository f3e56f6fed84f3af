"""*Standardsvar*: list, create, change and delete a desk's standard answers.

Rows are locked, and the version detects that a colleague changed the standard answer meanwhile.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups.desk.views import requires_desk_role
from followups.models import StandardAnswer
from followups.models.standard_answer import SENTENCE_FIELD, desks_editable_by
from letters.incident_kinds import USUAL_RULES
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import FreeText, parse_version, set_choices

#: fields that a person edits
EDITED_FIELDS = ("desk", "title", "text")


@transaction.atomic
def add_standard_answer(answer: StandardAnswer, by: User) -> None:
    """Save a new standard answer."""
    set_actor(by.pk)
    answer.changed_by = by
    answer.save()


@transaction.atomic
def change_standard_answer(answer: StandardAnswer, seen_version: int, by: User) -> None:
    """Save the changed fields. `seen_version`: the version that was read.

    Raise Conflict if the version has changed, unless the stored fields are already the same.
    """
    new_values = {name: getattr(answer, name) for name in EDITED_FIELDS}
    now = _lock_standard_answer(answer)
    if now is not None and {name: getattr(now, name) for name in EDITED_FIELDS} == new_values:
        return
    if now is None or now.version != seen_version:
        raise Conflict
    set_actor(by.pk)
    same = StandardAnswer.objects.filter(pk=answer.pk)
    same.update(**new_values, version=F("version") + 1, changed_by=by, changed_at=timezone.now())


@transaction.atomic
def remove_standard_answer(answer: StandardAnswer, seen_version: int, by: User) -> None:
    """Delete the standard answer. `seen_version`: the version that was read. Raise Conflict if it has changed."""
    now = _lock_standard_answer(answer)
    if now is None or now.version != seen_version:
        raise Conflict
    set_actor(by.pk)
    now.delete()


def _lock_standard_answer(answer: StandardAnswer) -> StandardAnswer | None:
    return StandardAnswer.objects.select_for_update(of=("self",)).filter(pk=answer.pk).first()


class StandardAnswerForm(forms.ModelForm):
    """Desk, title and text of a standard answer, for the desks that the editor may edit."""

    title = FreeText(label="Navn", help_text="Vises, når du vælger et svar.", max_length=80)
    text = FreeText(
        label="Tekst",
        help_text=f"{SENTENCE_FIELD} bliver til en sætning, for eksempel »{USUAL_RULES.fault.one}« "
        "Du kan rette teksten, når du svarer.",
        widget=forms.Textarea(attrs={"rows": 8, "class": "wide"}),
        max_length=4000,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = StandardAnswer
        fields = ["desk", "title", "text"]

    def __init__(self, editor: User, data: Any = None, **kwargs: Any):
        super().__init__(data, **kwargs)
        self.initial["version"] = self.instance.version
        desks = desks_editable_by(editor)
        set_choices(self, "desk", [(one.value, one.label) for one in desks])
        if len(desks) == 1:
            self.fields["desk"].widget = forms.HiddenInput()
            self.initial["desk"] = desks[0].value


@require_safe
@requires_desk_role
def standard_answers(request: SignedInRequest) -> HttpResponse:
    """List the standard answers that the reader may edit."""
    answers = StandardAnswer.objects.editable_by(request.user).select_related("changed_by")
    return render(request, "followups/standard_answers.html", {"answers": answers})


@require_http_methods(["GET", "HEAD", "POST"])
@requires_desk_role
def new_standard_answer(request: SignedInRequest) -> HttpResponse:
    """Show the form for a new standard answer, and save on POST."""
    return _edit_page(request, StandardAnswer())


@require_http_methods(["GET", "HEAD", "POST"])
@requires_desk_role
def standard_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the form for a standard answer, and save on POST."""
    if request.method == "POST" and _is_deleted(request, pk):
        # Answer 409 and keep the typed text, so that the reader can save a new standard answer.
        form = StandardAnswerForm(request.user, request.POST, instance=StandardAnswer())
        form.is_valid()
        return _render_page(request, form, status=409, is_deleted=True)
    return _edit_page(request, _get_editable(request, pk))


def _is_deleted(request: SignedInRequest, pk: int) -> bool:
    """Return whether the standard answer is deleted, or moved from a desk of the reader to another desk."""
    if not StandardAnswer.objects.filter(pk=pk).exists():
        return True
    was_theirs = request.POST.get("desk") in desks_editable_by(request.user)
    return was_theirs and not StandardAnswer.objects.editable_by(request.user).filter(pk=pk).exists()


def _get_editable(request: SignedInRequest, pk: int) -> StandardAnswer:
    return get_object_or_404(StandardAnswer.objects.editable_by(request.user).select_related("changed_by"), pk=pk)


def _edit_page(request: SignedInRequest, answer: StandardAnswer) -> HttpResponse:
    form = StandardAnswerForm(request.user, request.POST or None, instance=answer)
    if request.method != "POST" or not form.is_valid():
        return _render_page(request, form, status=422 if request.method == "POST" else 200)
    try:
        if answer.pk is None:
            add_standard_answer(answer, by=request.user)
        else:
            change_standard_answer(answer, parse_version(request.POST.get("version", "")), by=request.user)
    except Conflict:
        return _conflict(request, answer.pk)
    except IntegrityError:  # a concurrent request took the name
        form = StandardAnswerForm(request.user, request.POST, instance=answer)
        if form.is_valid():
            raise
        return _render_page(request, form, status=422)
    messages.success(request, "Standardsvaret er gemt.")
    return redirect("standard_answers")


def _conflict(request: SignedInRequest, pk: int) -> HttpResponse:
    """Answer 409: show the stored text beside the typed text.

    The form has the new version, so that saving again is a choice.
    """
    now = _get_editable(request, pk)
    typed = request.POST.copy()
    typed["version"] = str(now.version)
    form = StandardAnswerForm(request.user, typed, instance=_get_editable(request, pk))
    form.is_valid()
    return _render_page(request, form, status=409, other=now)


def _render_page(request: SignedInRequest, form: StandardAnswerForm, status: int = 200, **more: Any) -> HttpResponse:
    context = {"form": form, "answer": form.instance} | more
    return render(request, "followups/standard_answer.html", context, status=status)


@require_POST
@requires_desk_role
def delete_standard_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a standard answer; in a conflict return to the form."""
    seen_version = parse_version(request.POST.get("version", ""))
    try:
        remove_standard_answer(_get_editable(request, pk), seen_version, by=request.user)
    except Conflict:
        messages.warning(request, "Standardsvaret er rettet imens og er ikke slettet. Se det igennem først.")
        return redirect("standard_answer", pk)
    messages.success(request, "Standardsvaret er slettet. Svar, der er sendt, ændres ikke.")
    return redirect("standard_answers")
