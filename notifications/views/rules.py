"""How an incident's mails are sent: who must approve, how fast, and over which mail servers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from letters.incidents import current_or_404
from notifications.dispatches import ruling
from notifications.forms import RulesForm
from notifications.models import MailServer, Sending
from notifications.sending import servers
from notifications.views.desk import only_kit
from sepo_incident import logs
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.overtaken import Overtaken

LOOSENED = " Dine egne udsendelser følger den gamle grænse, til en anden i Koncern IT har gemt reglerne."


@only_kit
@require_http_methods(["GET", "HEAD", "POST"])
def sending_rules(request: SignedInRequest) -> HttpResponse:
    incident = current_or_404()
    form = RulesForm(request.POST or None, instance=Sending.objects.of(incident))
    if not form.is_valid():
        changes = incident.sending_changes.filter(dispatch=None).select_related("by")
        context = {"form": form, "incident": incident, "changes": changes, **sending_of_the_place()}
        return render(request, "notifications/rules.html", context, status=422 if form.is_bound else 200)
    try:
        ruling.rule(incident, form.rules, form.seen, by=request.user)
    except Overtaken:
        messages.warning(request, "En anden har lige ændret reglerne. De står her, som de er nu, og intet er ændret.")
        return redirect("sending_rules")
    logs.note("sending_rules_changed", request.user.pk)
    messages.success(request, "Reglerne er gemt." + (LOOSENED if form.rules.loosens(form.seen) else ""))
    return redirect("notices")


def sending_of_the_place() -> dict[str, Any]:
    """``{mail_servers, connections, per_minute}``: what whoever runs the place has set up; each server with its row
    when it is set aside."""
    aside = {row.name: row for row in MailServer.objects.aside(timezone.now())}
    return {
        "mail_servers": [(server.name, aside.get(server.name)) for server in servers.configured()],
        "connections": settings.MAIL["connections"],
        "per_minute": settings.MAIL["per_minute"],
    }
