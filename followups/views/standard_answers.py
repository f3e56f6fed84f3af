"""*Standardsvar*: the texts that a desk answers with often."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups.models import StandardAnswer
from followups.models.standard_answer import desks_edited_by
from followups.views.escalations import at_the_desk
from sepo_incident.accounts.models import User
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.forms import FreeText
from sepo_incident.ledgers.acting import done_by


class StandardAnswerForm(forms.ModelForm):
    title = FreeText(label="Navn", help_text="Det, du vælger efter.", max_length=80)
    text = FreeText(
        label="Tekst",
        help_text="Den kan rettes til, når den er sat ind i et svar.",
        widget=forms.Textarea(attrs={"rows": 8, "class": "wide"}),
        max_length=4000,
    )

    class Meta:
        model = StandardAnswer
        fields = ["desk", "title", "text"]

    def __init__(self, editor: User, data: Any = None, **kwargs: Any):
        super().__init__(data, **kwargs)
        self.instance.changed_by = editor
        desks = desks_edited_by(editor)
        desk: Any = self.fields["desk"]
        desk.choices = [(one.value, one.label) for one in desks]
        if len(desks) == 1:
            desk.initial, desk.widget = desks[0].value, forms.HiddenInput()


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
    return _edit(request, get_object_or_404(StandardAnswer.objects.editable_by(request.user), pk=pk))


def _edit(request: SignedInRequest, answer: StandardAnswer) -> HttpResponse:
    form = StandardAnswerForm(request.user, request.POST or None, instance=answer)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            done_by(request.user.pk)
            form.save()
        messages.success(request, "Standardsvaret er gemt.")
        return redirect("standard_answers")
    status = 422 if request.method == "POST" else 200
    return render(request, "followups/standard_answer.html", {"form": form, "answer": answer}, status=status)


@require_POST
@at_the_desk
def delete_standard_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    with transaction.atomic():
        done_by(request.user.pk)
        get_object_or_404(StandardAnswer.objects.editable_by(request.user), pk=pk).delete()
    messages.success(request, "Standardsvaret er slettet. Svar, der er sendt, står, som de blev skrevet.")
    return redirect("standard_answers")
