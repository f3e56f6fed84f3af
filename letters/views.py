"""KIT's import pages, and the work list of people who must be found."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from letters import checking, worklist
from letters.forms import UploadForm
from letters.importing import batches, plan
from letters.models import ImportBatch, Incident, Letter
from sepo_incident import bells, danish, logs
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest

Status = ImportBatch.Status
LISTS_PER_PAGE = 50
ROWS_PER_PAGE = 20
GROUPS_PER_PAGE = LETTERS_PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def imports(request: SignedInRequest) -> HttpResponse:
    incident = Incident.objects.current()
    form = UploadForm()
    if request.method == "POST" and incident:
        form = UploadForm(request.POST, request.FILES, sent_bytes=int(request.META.get("CONTENT_LENGTH") or 0))
        if form.is_valid():
            return redirect("import_batch", receive(request, incident, form).pk)
    earlier = incident.batches.select_related("created_by", "committed_by") if incident else ImportBatch.objects.none()
    page = Paginator(earlier, LISTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page_obj": page}
    return render(request, "letters/imports.html", context, status=422 if form.errors else 200)


def receive(request: SignedInRequest, incident: Incident, form: UploadForm) -> ImportBatch:
    """The batch of the file; a file we have met before leads to what became of it then."""
    with transaction.atomic():
        batch, is_to_read = batches.receive(incident, form.filename, form.cleaned_data["fil"], by=request.user)
        if is_to_read:
            bells.ring("letters.tasks.read_batch", args=[batch.pk])
        else:
            when = danish.moment_relative(batch.created_at, timezone.now())
            messages.info(request, f"Den fil er læst før: {when[:1].lower()}{when[1:]}. Intet er ændret.")
    return batch


@require_safe
@requires_role(Role.KIT_ADMIN)
def import_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident", "committed_by"), pk=pk)
    if batch.is_at_work:
        template = "letters/progress.html#progress" if request.htmx else "letters/progress.html"  # type: ignore[attr-defined]
        return render(request, template, {"batch": batch, "counts": plan.count(batch)})
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    if batch.status in (Status.FAILED, Status.DISCARDED):
        expected, unknown = checking.columns_found(batch)
        return render(request, "letters/refused.html", {"batch": batch, "expected": expected, "unknown": unknown})
    return render(request, "letters/check.html", check(request, batch))


def check(request: SignedInRequest, batch: ImportBatch) -> dict[str, object]:
    counts = plan.count(batch)
    choice = checking.chosen(request.GET.get("vis", ""), counts)
    page = Paginator(checking.rows_of(batch, choice), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    headings, lines = checking.sheet(batch, page.object_list)
    letters = Letter.objects.filter(incident=batch.incident).standing()
    return {
        "batch": batch,
        "counts": counts,
        "tiles": checking.tiles(counts),
        "pills": checking.pills(choice, counts),
        "choice": choice,
        "page_obj": page,
        "headings": headings,
        "lines": lines,
        "letters_after": letters.count() + (counts.new if batch.status == Status.CHECKED else 0),
        "without_owner": letters.without_owner().count(),
    }


@require_POST
@requires_role(Role.KIT_ADMIN)
def commit_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    with transaction.atomic():
        if batches.ask_to_commit(batch, by=request.user):
            bells.ring("letters.tasks.commit_batch", args=[batch.pk])
            logs.note("commit_asked", request.user.pk, batch_id=batch.pk)
        else:
            messages.info(request, "Listen venter ikke længere på at blive indlæst. Her er, hvad der er sket med den.")
    return redirect("import_batch", pk)


@require_POST
@requires_role(Role.KIT_ADMIN)
def discard_batch(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    if batches.discard(batch):
        messages.success(request, f"»{batch.filename}« er kasseret, og ingen breve er indlæst.")
        return redirect("imports")
    messages.warning(request, "Listen kan ikke kasseres, for den er allerede ved at blive indlæst eller er indlæst.")
    return redirect("import_batch", pk)


@require_safe
@requires_role(Role.KIT_ADMIN, Role.COORDINATOR)
def unassigned(request: SignedInRequest) -> HttpResponse:
    """The people who must be found, those first whom most letters wait for."""
    letters = worklist.letters_for(request.user, Incident.objects.current(), Letter.objects.all())
    lacks = request.GET.get("mangler", "")
    page = Paginator(worklist.groups(letters, lacks), GROUPS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "groups": [worklist.as_group(row) for row in page],
        "pills": worklist.pills(letters, lacks),
    }
    return render(request, "letters/unassigned.html", context)


@require_safe
@requires_role(Role.KIT_ADMIN, Role.COORDINATOR)
def unassigned_group(request: SignedInRequest, what: str, pk: int) -> HttpResponse:
    """The letters that wait for the same person as this one. No name stands in the address."""
    if what not in worklist.LACKING:
        raise Http404
    seen = Letter.objects.visible_to(request.user).standing().filter(incident=Incident.objects.current())
    one = get_object_or_404(seen.select_related("unit__parent"), pk=pk)
    letters = worklist.waiting_like(one, what, seen).select_related("sender", "leader")
    page = Paginator(letters, LETTERS_PER_PAGE).get_page(request.GET.get("page"))
    if not page.paginator.count:
        messages.info(request, f"Brevet mangler ikke længere en {what}.")
        return redirect("unassigned")
    context = {"page_obj": page, "missing": worklist.missing_of(one, what), "what": what}
    return render(request, "letters/unassigned_group.html", context)
