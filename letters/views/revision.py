"""The changes that a list brings: each letter before and after, and the choice of which to take."""

from collections.abc import Iterable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from letters import revising
from letters.importing import plan, taking
from letters.models import ImportBatch
from sepo_incident import danish
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.whole import whole

Status = ImportBatch.Status
CHANGES_PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def revision(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    look = request.GET.get("vis", "")
    if look not in revising.CHOICES:
        raise Http404
    if request.method == "POST":
        return _choose(request, batch)
    rows = revising.changes_of(batch)
    page = Paginator(revising.chosen(rows, look), CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "batch": batch,
        "counts": plan.count(batch),
        "is_open": batch.status == Status.CHECKED,
        "pills": revising.pills(rows, look),
        "page_obj": page,
        "revised": revising.told(batch, page, request.user),
    }
    return render(request, "letters/revision.html", context)


def _choose(request: SignedInRequest, batch: ImportBatch) -> HttpResponse:
    """What was ticked on the page is remembered; or all of them, or none."""
    if batch.status != Status.CHECKED:
        messages.info(request, "Listen venter ikke længere på et valg. Her er, hvad der er sket med den.")
        return redirect("import_batch", batch.pk)
    if everything := request.POST.get("alle", ""):
        taking.choose_all(batch, is_chosen=everything == "ja")
    else:
        taking.choose(batch, _numbers(request.POST.getlist("vist")), _numbers(request.POST.getlist("valgt")))
    counts = plan.count(batch)
    messages.success(request, f"{danish.number(counts.chosen)} af {danish.number(counts.changed)} ændringer er valgt.")
    if request.POST.get("tilbage"):
        return redirect(f"{reverse('import_batch', args=[batch.pk])}#indlaes")
    return redirect(f"{reverse('revision', args=[batch.pk])}?{_choices(request)}#aendringer")


def _choices(request: SignedInRequest) -> str:
    """Those of the address, and the page that was asked for by a button."""
    choices = request.GET.copy()
    if page := request.POST.get("side"):
        choices["page"] = page
    return choices.urlencode()


def _numbers(values: Iterable[str]) -> list[int]:
    """Ids of rows; what is none was not on the page."""
    return [number for number in map(whole, values) if number is not None]
