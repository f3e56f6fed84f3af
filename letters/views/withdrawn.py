"""The letters that were withdrawn: which they are and why, and each the way back on the list."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from letters.importing import withdrawing
from letters.incidents import current_or_404
from letters.models import Letter, LetterChange
from sepo_incident import logs
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest

LETTERS_PER_PAGE = 50


@require_safe
@requires_role(Role.KIT_ADMIN)
def withdrawn_letters(request: SignedInRequest) -> HttpResponse:
    """Those withdrawn last stand first."""
    why = LetterChange.objects.filter(kind=LetterChange.Kind.WITHDRAWN).select_related("by")
    letters = Letter.objects.visible_to(request.user).filter(incident=current_or_404()).withdrawn()
    letters = letters.select_related("sender").prefetch_related(Prefetch("changes", why, to_attr="withdrawals"))
    page = Paginator(letters.order_by("-withdrawn_at", "pk"), LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "letters/withdrawn.html", {"page_obj": page})


@require_POST
@requires_role(Role.KIT_ADMIN)
def take_up_letter(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = get_object_or_404(Letter.objects.visible_to(request.user), pk=pk)
    if withdrawing.take_up(letter, by=request.user):
        logs.note("letter_taken_up", request.user.pk, letter_id=pk)
        messages.success(request, "Brevet er på listen igen. Det står, som det gjorde, da det blev trukket tilbage.")
    else:
        messages.info(request, "Brevet stod på listen i forvejen.")
    return redirect("withdrawn_letters") if request.POST.get("tilbage") else redirect("letter", pk)
