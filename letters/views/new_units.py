"""*Nye enheder*: what a list would add to the tree, and which of it we may have under another name."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from letters.forms import NewUnitsForm
from letters.importing import new_units as naming
from letters.models import ImportBatch
from sepo_incident import danish
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest

ASKED_AT_ONCE, UNITS_PER_PAGE = 50, 100


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def new_units(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    if batch.status != ImportBatch.Status.CHECKED:
        return redirect("import_batch", pk)
    found = naming.of(batch)
    form = NewUnitsForm(found.asked[:ASKED_AT_ONCE], request.POST or None)
    if form.is_bound and form.is_valid():
        return answered(request, batch, form.answers)
    context = {
        "batch": batch,
        "found": found,
        "form": form,
        "page_obj": Paginator(found.made, UNITS_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "letters/new_units.html", context, status=422 if form.errors else 200)


def answered(request: SignedInRequest, batch: ImportBatch, answers: dict[str, str]) -> HttpResponse:
    number = naming.answer(batch, answers, by=request.user)
    if number is None:
        messages.info(request, "Listen venter ikke længere på at blive indlæst, så svarene er ikke gemt.")
        return redirect("import_batch", batch.pk)
    if number:
        messages.success(request, f"{danish.count(number, 'svar', 'svar')} gemt.")
    left = naming.of(batch).unanswered
    return redirect("new_units", batch.pk) if left else redirect("import_batch", batch.pk)
