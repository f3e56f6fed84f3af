"""The views of a committed list: the letters, the letters missing from a full list, and undoing the import.

Also the list of withdrawn letters, with the reasons and a button that reinstates a letter.
"""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters.import_pages import committed_page
from letters.import_pages.import_forms import WithdrawForm
from letters.importing.commit import undo_import, withdraw_letters
from letters.incidents import current_incident_or_404
from letters.models import ImportBatch, Letter, LetterChange
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.core import danish, logs

Status = ImportBatch.Status
LETTERS_PER_PAGE = 50


@require_POST
@requires_role(Role.KIT_ADMIN)
def mark_full_list(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    is_full = request.POST.get("fuld") == "ja"
    if not withdraw_letters.mark_as_full_list(batch, is_full=is_full):
        messages.info(request, "Det er for sent at sige om den liste. Intet er ændret.")
        return redirect("import_batch", pk)
    message = "Listen er nu den fulde liste." if is_full else "Listen er nu kun en del af brevene."
    messages.success(request, message, extra_tags="fuld")
    return redirect(f"{reverse('import_batch', args=[pk])}#fuld")


@require_safe
@requires_role(Role.KIT_ADMIN)
def list_batch_letters(request: SignedInRequest, pk: int, what: str) -> HttpResponse:
    """List a group of the list's letters: new, withdrawn or with a decision."""
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    group = committed_page.find_group(batch, what)
    if group is None:
        raise Http404
    letters = committed_page.letters_in_group(batch, group, Letter.objects.visible_to(request.user))
    page = Paginator(letters.select_related("followup"), LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "letters/batch_letters.html", {"batch": batch, "group": group, "page_obj": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def withdraw_missing_letters(request: SignedInRequest, pk: int) -> HttpResponse:
    """List the letters that a full list does not name. A POST withdraws some or all of the letters."""
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _withdraw(request, batch, form)
    letters = (
        withdraw_letters.missing_letters(batch).visible_to(request.user).select_related("sender", "unit", "followup")
    )
    page = Paginator(letters.order_by("sent_at", "pk"), LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "batch": batch,
        "form": form,
        "left_out": withdraw_letters.count_missing_letters(batch),
        "page_obj": page,
        "is_open": batch.status == Status.COMMITTED and withdraw_letters.is_newest_batch(batch),
    }
    return render(request, "letters/missing_letters.html", context, status=422 if form.errors else 200)


def _withdraw(request: SignedInRequest, batch: ImportBatch, form: WithdrawForm) -> HttpResponse:
    withdrawn = withdraw_letters.withdraw_missing_letters(
        batch, form.cleaned_data["begrundelse"], request.user, form.among, also_decided=form.cleaned_data["besluttede"]
    )
    if withdrawn:
        logs.log_security_event("letters_withdrawn", request.user.pk, batch_id=batch.pk, count=withdrawn)
        left = len(form.among or []) - withdrawn
        kept = (
            f" {danish.count(left, 'brev er', 'breve er')} ikke, for der er truffet en beslutning." if left > 0 else ""
        )
        messages.success(request, f"{danish.count(withdrawn, 'brev er', 'breve er')} trukket tilbage.{kept}")
    else:
        messages.info(
            request, "Ingen breve er trukket tilbage. De har en beslutning, eller der er sket noget med dem imens."
        )
    return redirect("import_batch", batch.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def undo_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the effect of undoing an import. A POST undoes the import."""
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    if batch.status != Status.COMMITTED:
        messages.info(request, "Listen er ikke indlæst, så der er ikke noget at fortryde.")
        return redirect("import_batch", pk)
    if request.method == "POST":
        return _undo_and_redirect(request, batch)
    outlook = undo_import.preview_undo(batch)
    why_not = committed_page.undo_refusal(outlook.decided) if outlook.decided else ""
    return render(request, "letters/undo_batch.html", {"batch": batch, "outlook": outlook, "why_not": why_not})


def _undo_and_redirect(request: SignedInRequest, batch: ImportBatch) -> HttpResponse:
    try:
        if undo_import.undo_batch(batch, by=request.user):
            logs.log_security_event("import_undone", request.user.pk, batch_id=batch.pk)
            messages.success(request, "Indlæsningen er fortrudt.")
        else:
            messages.info(request, "Indlæsningen er allerede fortrudt.")
    except undo_import.LettersHaveDecisions:
        return redirect("undo_batch", batch.pk)  # the page shows the reason
    return redirect("import_batch", batch.pk)


WITHDRAWN_PER_PAGE = 50


@require_safe
@requires_role(Role.KIT_ADMIN)
def list_withdrawn_letters(request: SignedInRequest) -> HttpResponse:
    """List the withdrawn letters, the latest withdrawal first."""
    withdrawals = LetterChange.objects.filter(kind=LetterChange.Kind.WITHDRAWN).select_related("by")
    letters = Letter.objects.visible_to(request.user).filter(incident=current_incident_or_404()).withdrawn()
    letters = letters.select_related("sender").prefetch_related(Prefetch("changes", withdrawals, to_attr="withdrawals"))
    page = Paginator(letters.order_by("-withdrawn_at", "pk"), WITHDRAWN_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "letters/withdrawn_letters.html", {"page_obj": page})


@require_POST
@requires_role(Role.KIT_ADMIN)
def reinstate_letter(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = get_object_or_404(Letter.objects.visible_to(request.user), pk=pk)
    if withdraw_letters.reinstate_letter(letter, by=request.user):
        logs.log_security_event("letter_taken_up", request.user.pk, letter_id=pk)
        messages.success(request, "Brevet er på listen igen. Det står, som det gjorde, da det blev trukket tilbage.")
    else:
        messages.info(request, "Brevet stod på listen i forvejen.")
    return redirect("withdrawn_letters") if request.POST.get("tilbage") else redirect("letter", pk)
