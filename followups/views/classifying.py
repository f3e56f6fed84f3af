"""The form on a letter's page that says what the letter is about."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from followups import duties
from followups.letter.classifying import ClassifyForm
from followups.views.origin import with_origin
from letters import classifying
from letters.models import Letter
from sepo_incident.accounts.requests import SignedInRequest

OUT_OF_SIGHT = (
    "Brevet er ikke en personalesag mere, og Personalejura ser det ikke længere. Er det alligevel en, så bed "
    "afsenderen, brevets leder eller Koncern IT om at sætte krydset igen."
)


@require_POST
def classify_letter(request: SignedInRequest, pk: int) -> HttpResponse:
    seen = Letter.objects.visible_to(request.user).select_related("incident", "unit")
    letter = get_object_or_404(seen, pk=pk)
    if not duties.may_classify(request.user, letter):
        raise PermissionDenied
    form = ClassifyForm(request.POST, letter, request.user)
    if not form.is_valid():
        messages.warning(request, "Emneområdet findes ikke mere. Vælg et andet på listen.")
    else:
        classifying.classify(letter, *form.said, by=request.user)
        if not seen.filter(pk=pk).exists():
            messages.success(request, OUT_OF_SIGHT)
            return redirect("home")
        what = "Emneområdet" if form.cleaned_data["category"] else "Det"
        messages.success(request, f"{what} er gemt. Det bliver stående, også når der kommer en ny liste.")
    return redirect(with_origin(reverse("letter", args=[pk]), request))
