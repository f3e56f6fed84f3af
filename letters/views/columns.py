"""*Hvad betyder kolonnerne?*: the page a list rests at while its columns or its sheet are in doubt.

When it is read and waits, the same address says how they were read: its file is gone, so the way back is to choose it
again and be asked.
"""

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from letters.columns_form import ColumnsForm, as_read
from letters.importing import batches
from letters.models import ImportBatch
from sepo_incident import bells
from sepo_incident.accounts.permissions import Role, requires_role
from sepo_incident.accounts.requests import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def import_columns(request: SignedInRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    if batch.status == ImportBatch.Status.CHECKED and request.method != "POST":
        context = {"batch": batch, "columns": as_read(batch), "corrected": batch.rows.exclude(corrections=[]).count()}
        return render(request, "letters/columns_read.html", context)
    if batch.status != ImportBatch.Status.ASKING:
        return redirect("import_batch", pk)
    form = ColumnsForm(batch.found, request.POST if request.method == "POST" else None)
    if form.is_valid():
        with transaction.atomic():
            if batches.answer(batch, form.sheets, form.mapping, request.user, form.cleaned_data["husk"]):
                bells.ring("letters.tasks.read_batch", args=[batch.pk])
        return redirect("import_batch", pk)
    context = {"batch": batch, "form": form}
    return render(request, "letters/columns.html", context, status=422 if form.errors else 200)
