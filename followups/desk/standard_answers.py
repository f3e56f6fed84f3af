"""*Standardsvar*: list, create, change and delete a desk's standard answers. The change log keeps each text."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups.desk.views import requires_desk_role
from followups.models import StandardAnswer
from followups.models.standard_answer import SENTENCE_FIELD, desks_editable_by
from letters.incident_kinds import USUAL_RULES
from sepo_incident.accounts.models import User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core.forms import FreeText, set_choices


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

    class Meta:
        model = StandardAnswer
        fields = ["desk", "title", "text"]

    def __init__(self, editor: User, data: Any = None, **kwargs: Any):
        super().__init__(data, **kwargs)
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
@transaction.atomic
def edit_standard_answer(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """Show the form for a standard answer, without `pk` for a new one, and save on POST."""
    answers = StandardAnswer.objects.editable_by(request.user)
    answer = get_object_or_404(answers, pk=pk) if pk else StandardAnswer()
    form = StandardAnswerForm(request.user, request.POST or None, instance=answer)
    if not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return render(request, "followups/standard_answer.html", {"form": form, "answer": answer}, status=status)
    set_actor(request.user.pk)
    answer.changed_by = request.user
    form.save()
    messages.success(request, "Standardsvaret er gemt.")
    return redirect("standard_answers")


@require_POST
@requires_desk_role
@transaction.atomic
def delete_standard_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    set_actor(request.user.pk)
    get_object_or_404(StandardAnswer.objects.editable_by(request.user), pk=pk).delete()
    messages.success(request, "Standardsvaret er slettet. Svar, der er sendt, ændres ikke.")
    return redirect("standard_answers")
