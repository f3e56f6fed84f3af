"""The page of an incident's sending rules, set by KIT: approval of large dispatches, and mails per minute.

The page also shows the mail servers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from letters.incidents import incident_or_404
from letters.models import Incident
from notifications.models import MailServer, SendingChange, SendingSettings
from notifications.outbox import mail_servers
from sepo_incident.accounts.models import Membership, User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import danish, database, logs
from sepo_incident.core.database import Conflict


class SendingRules(NamedTuple):
    """The sending rules, with the fields of `SendingSettings`. None means no limit."""

    approval_above: int | None
    per_minute: int | None

    @property
    def in_words(self) -> str:
        """«Udsendelser på mere end 100 beskeder skal godkendes, og der går højst 30 mails ud i minuttet»"""
        approval, speed = "Ingen udsendelser skal godkendes", "mailene går ud, så hurtigt de kan"
        if self.approval_above is not None:
            number = danish.count(self.approval_above, "besked", "beskeder")
            approval = f"Udsendelser på mere end {number} skal godkendes"
        if self.per_minute is not None:
            speed = f"der går højst {danish.count(self.per_minute, 'mail', 'mails')} ud i minuttet"
        return f"{approval}, og {speed}"

    def raises_approval_limit(self, seen_rules: SendingRules) -> bool:
        """Return whether some dispatches needed approval before and no longer do."""
        before, now = seen_rules.approval_above, self.approval_above
        return before is not None and (now is None or now > before)


@transaction.atomic
def change_sending_rules(incident: Incident, rules: SendingRules, seen_rules: SendingRules, by: User) -> None:
    """Change the sending rules from now on, also for mails under way.

    A dispatch that awaits approval keeps waiting. A person who raises the limit is held to the old limit
    (`SendingSettings.exceeded_approval_limit`).

    seen_rules: the rules shown on the form. Raises Conflict if the rules have changed since.
    """
    SendingSettings.objects.get_or_create(incident=incident)
    if not SendingSettings.objects.filter(incident=incident, **seen_rules._asdict()).update(**rules._asdict()):
        raise Conflict
    if rules != seen_rules:
        number = seen_rules.approval_above if rules.raises_approval_limit(seen_rules) else None
        said = {"reason": rules.in_words, "number": number}
        SendingChange.objects.create(incident=incident, kind=SendingChange.Kind.RULED, by=by, **said)


class SendingRulesForm(forms.ModelForm):
    """The sending rules. Hidden fields hold the values shown, so that a concurrent change is detected."""

    saa_godkendt = forms.IntegerField(required=False, widget=forms.HiddenInput)
    saa_fart = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = SendingSettings
        fields = ["approval_above", "per_minute"]
        labels = {
            "approval_above": "En anden skal godkende udsendelser på mere end",
            "per_minute": "Højeste antal mails i minuttet",
        }
        help_texts = {
            "approval_above": "Antal beskeder. Tomt felt: ingen godkendelse.",
            "per_minute": "Tomt felt: så hurtigt som muligt.",
        }
        widgets = dict.fromkeys(fields, forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}))

    def __init__(self, data: Any = None, *, instance: SendingSettings):
        seen_rules = {"saa_godkendt": instance.approval_above, "saa_fart": instance.per_minute}
        super().__init__(data, instance=instance, initial=seen_rules)
        for field in self.fields.values():
            field.error_messages |= {"invalid": "Skriv et helt tal.", "min_value": "Skriv et tal over 0."}

    @property
    def rules(self) -> SendingRules:
        return SendingRules(self.cleaned_data["approval_above"], self.cleaned_data["per_minute"])

    @property
    def seen_rules(self) -> SendingRules:
        return SendingRules(self.cleaned_data["saa_godkendt"], self.cleaned_data["saa_fart"])

    def clean_approval_above(self) -> int | None:
        above: int | None = self.cleaned_data["approval_above"]
        at_kit = User.objects.filter(memberships__role=Membership.Role.KIT_ADMIN, is_active=True, left_on=None)
        if above is not None and at_kit.distinct().count() < 2:
            raise forms.ValidationError("En anden kan først godkende, når mindst to i Koncern IT har adgang.")
        return above


LIMIT_RAISED_MESSAGE = " Din egen grænse er uændret, til en anden i Koncern IT har gemt reglerne."


@kit_admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_sending_rules(request: SignedInRequest) -> HttpResponse:
    incident = incident_or_404(request)
    form = SendingRulesForm(request.POST or None, instance=SendingSettings.objects.for_incident(incident))
    if not form.is_valid():
        changes = incident.sending_changes.filter(dispatch=None).select_related("by")
        context = {"form": form, "incident": incident, "changes": changes, **mail_servers_context()}
        return render(request, "notifications/sending_rules.html", context, status=422 if form.is_bound else 200)
    try:
        change_sending_rules(incident, form.rules, form.seen_rules, by=request.user)
    except Conflict:
        messages.warning(request, "En anden har lige ændret reglerne. Dine ændringer er ikke gemt.")
        return redirect("sending_rules")
    logs.log_security_event("sending_rules_changed", request.user.pk)
    messages.success(
        request,
        "Reglerne er gemt." + (LIMIT_RAISED_MESSAGE if form.rules.raises_approval_limit(form.seen_rules) else ""),
    )
    return redirect("notices")


def mail_servers_context() -> dict[str, Any]:
    """Return `{mail_servers, connections, per_minute}` from the settings.

    `mail_servers` pairs every configured server with the `MailServer` row if the server is set aside, otherwise
    None.
    """
    aside = {row.name: row for row in MailServer.objects.set_aside(database.now())}
    return {
        "mail_servers": [(server.name, aside.get(server.name)) for server in mail_servers.configured_servers()],
        "connections": settings.MAIL["connections"],
        "per_minute": settings.MAIL["per_minute"],
    }
