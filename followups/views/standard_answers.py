"""*Standardsvar*: the texts that a desk answers with often."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups.models import StandardAnswer
from followups.models.standard_answer import desks_edited_by
from followups.services import standard_answers as editing
from followups.views.escalations import at_the_desk
from sepo_incident.accounts.models import User
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.forms import FreeText
from sepo_incident.overtaken import Overtaken
from sepo_incident.whole import whole


class StandardAnswerForm(forms.ModelForm):
    title = FreeText(label="Navn", help_text="Det, du vælger efter.", max_length=80)
    text = FreeText(
        label="Tekst",
        help_text="Den kan rettes til, når den er sat ind i et svar.",
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
        desks = desks_edited_by(editor)
        desk: Any = self.fields["desk"]
        desk.choices = [(one.value, one.label) for one in desks]
        if len(desks) == 1:
            desk.widget = forms.HiddenInput()
            self.initial["desk"] = desks[0].value

    @property
    def seen(self) -> int:
        """The version that the page was made from; -1, which none has, for what is not one."""
        version = self.cleaned_data["version"]
        return -1 if version is None else version


@require_safe
@at_the_desk
def standard_answers(request: SignedInRequest) -> HttpResponse:
    answers = StandardAnswer.objects.editable_by(request.user).select_related("changed_by")
    return render(request, "followups/standard_answers.html", {"answers": answers})


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def new_standard_answer(request: SignedInRequest) -> HttpResponse:
    return _edit(request, StandardAnswer())


@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def standard_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    if request.method == "POST" and _is_gone(request, pk):
        return _deleted(request)
    return _edit(request, _editable(request, pk))


def _is_gone(request: SignedInRequest, pk: int) -> bool:
    """Deleted, or moved from a desk of the reader's, as the page has it, to one that is not theirs."""
    if not StandardAnswer.objects.filter(pk=pk).exists():
        return True
    was_theirs = request.POST.get("desk") in desks_edited_by(request.user)
    return was_theirs and not StandardAnswer.objects.editable_by(request.user).filter(pk=pk).exists()


def _editable(request: SignedInRequest, pk: int) -> StandardAnswer:
    return get_object_or_404(StandardAnswer.objects.editable_by(request.user).select_related("changed_by"), pk=pk)


def _edit(request: SignedInRequest, answer: StandardAnswer) -> HttpResponse:
    form = StandardAnswerForm(request.user, request.POST or None, instance=answer)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, status=422 if request.method == "POST" else 200)
    try:
        if answer.pk is None:
            editing.add(answer, by=request.user)
        else:
            editing.change(answer, form.seen, by=request.user)
    except Overtaken:
        return _overtaken(request, answer.pk)
    messages.success(request, "Standardsvaret er gemt.")
    return redirect("standard_answers")


def _overtaken(request: SignedInRequest, pk: int) -> HttpResponse:
    """409: the other's words beside what was typed, which carries the new version, so saving again is a choice."""
    now = _editable(request, pk)
    typed = request.POST.copy()
    typed["version"] = str(now.version)
    form = StandardAnswerForm(request.user, typed, instance=_editable(request, pk))
    form.is_valid()
    return _page(request, form, status=409, other=now)


def _deleted(request: SignedInRequest) -> HttpResponse:
    """409: what was typed is not lost, and can be saved as a new one."""
    form = StandardAnswerForm(request.user, request.POST, instance=StandardAnswer())
    form.is_valid()
    return _page(request, form, status=409, is_deleted=True)


def _page(request: SignedInRequest, form: StandardAnswerForm, status: int = 200, **more: Any) -> HttpResponse:
    context = {"form": form, "answer": form.instance} | more
    return render(request, "followups/standard_answer.html", context, status=status)


@require_POST
@at_the_desk
def delete_standard_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    seen = whole(request.POST.get("version", ""))
    try:
        editing.delete(_editable(request, pk), -1 if seen is None else seen, by=request.user)
    except Overtaken:
        messages.warning(request, "Standardsvaret er ikke slettet, for det er rettet imens. Se det igennem først.")
        return redirect("standard_answer", pk)
    messages.success(request, "Standardsvaret er slettet. Svar, der er sendt, står, som de blev skrevet.")
    return redirect("standard_answers")
