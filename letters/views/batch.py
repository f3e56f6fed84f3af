"""The page of a list that is in: what it did, its letters, what it lacks, and the way back."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters import batch_page
from letters.forms import WithdrawForm
from letters.importing import undoing, withdrawing
from letters.models import ImportBatch, Letter
from sepo_incident import danish, logs
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest

Status = ImportBatch.Status
LETTERS_PER_PAGE = 50


@require_POST
@requires_role(Role.KIT_ADMIN)
def mark_full(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    is_full = request.POST.get("fuld") == "ja"
    if not withdrawing.mark_full(batch, is_full=is_full):
        messages.info(request, "Det er for sent at sige om den liste. Intet er ændret.")
        return redirect("import_batch", pk)
    said = "Listen er nu den fulde liste." if is_full else "Listen er nu kun en del af brevene."
    messages.success(request, said, extra_tags="fuld")
    return redirect(f"{reverse('import_batch', args=[pk])}#fuld")


@require_safe
@requires_role(Role.KIT_ADMIN)
def batch_letters(request: SignedInRequest, pk: int, what: str) -> HttpResponse:
    """Some of its letters: new, withdrawn, or with a decision."""
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    group = batch_page.group(batch, what)
    if group is None:
        raise Http404
    letters = batch_page.letters_of(batch, group, Letter.objects.visible_to(request.user))
    page = Paginator(letters.select_related("followup"), LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "letters/batch_letters.html", {"batch": batch, "group": group, "page_obj": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def missing(request: SignedInRequest, pk: int) -> HttpResponse:
    """The letters that a full list does not name; on POST some or all of them are withdrawn."""
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _withdraw(request, batch, form)
    letters = withdrawing.missing(batch).visible_to(request.user).select_related("sender", "unit", "followup")
    page = Paginator(letters.order_by("sent_at", "pk"), LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "batch": batch,
        "form": form,
        "left_out": withdrawing.left_out(batch),
        "page_obj": page,
        "is_open": batch.status == Status.COMMITTED and withdrawing.is_newest(batch),
    }
    return render(request, "letters/missing.html", context, status=422 if form.errors else 200)


def _withdraw(request: SignedInRequest, batch: ImportBatch, form: WithdrawForm) -> HttpResponse:
    withdrawn = withdrawing.withdraw(
        batch, form.cleaned_data["begrundelse"], request.user, form.among, also_decided=form.cleaned_data["besluttede"]
    )
    if withdrawn:
        logs.note("letters_withdrawn", request.user.pk, batch_id=batch.pk, count=withdrawn)
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
    """What undoing would do; on POST it is done."""
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    if batch.status != Status.COMMITTED:
        messages.info(request, "Listen er ikke indlæst, så der er ikke noget at fortryde.")
        return redirect("import_batch", pk)
    if request.method == "POST":
        return _undo(request, batch)
    outlook = undoing.outlook(batch)
    why_not = batch_page.why_not(outlook.decided) if outlook.decided else ""
    return render(request, "letters/undo.html", {"batch": batch, "outlook": outlook, "why_not": why_not})


def _undo(request: SignedInRequest, batch: ImportBatch) -> HttpResponse:
    try:
        if undoing.undo(batch, by=request.user):
            logs.note("import_undone", request.user.pk, batch_id=batch.pk)
            messages.success(request, "Indlæsningen er fortrudt.")
        else:
            messages.info(request, "Indlæsningen er allerede fortrudt.")
    except undoing.Decided:
        return redirect("undo_batch", batch.pk)  # which says why not
    return redirect("import_batch", batch.pk)
