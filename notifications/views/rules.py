"""How an incident's mails are sent: which dispatches a second person must approve."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from letters.incidents import current_or_404
from notifications import approving
from notifications.forms import RulesForm
from notifications.models import Sending
from notifications.views.desk import only_kit
from sepo_incident import logs
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.overtaken import Overtaken


@only_kit
@require_http_methods(["GET", "HEAD", "POST"])
def sending_rules(request: SignedInRequest) -> HttpResponse:
    incident = current_or_404()
    form = RulesForm(request.POST or None, instance=Sending.objects.of(incident))
    if not form.is_valid():
        changes = incident.sending_changes.filter(dispatch=None).select_related("by")
        context = {"form": form, "incident": incident, "changes": changes}
        return render(request, "notifications/rules.html", context, status=422 if form.is_bound else 200)
    answer = form.cleaned_data
    try:
        approving.ask_above(incident, answer["approval_above"], answer["foer"], by=request.user)
    except Overtaken:
        messages.warning(request, "En anden har lige ændret reglen. Den står her, som den er nu, og intet er ændret.")
        return redirect("sending_rules")
    logs.note("sending_rules_changed", request.user.pk)
    messages.success(request, "Reglen er gemt.")
    return redirect("notices")
