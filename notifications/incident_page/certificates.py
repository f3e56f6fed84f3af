"""*Afslutningsbevis*: issue the closing certificate of an incident with its story, download it, and check a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups.models import ClosingCertificate
from followups.reporting import certificate
from followups.reporting.certificate import CertificateTable
from letters.incidents import incident_or_404
from letters.models import Incident
from letters.story import timeline
from letters.story.story_rows import read_story_rows
from notifications.incident_page.timeline_events import incident_events
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.roles import Role, SignedInRequest, kit_admin_required
from sepo_incident.core import danish, logs

MAX_BYTES = 5 * 1024**2


class CertificateForm(forms.Form):
    fil = forms.FileField(
        label="Et afslutningsbevis",
        help_text="Den fil, der blev hentet her.",
        widget=forms.ClearableFileInput(attrs={"accept": ".txt"}),
        error_messages={"required": "Vælg et afslutningsbevis.", "empty": "Filen er tom. Hent beviset igen."},
    )

    def clean_fil(self) -> str:
        file = self.cleaned_data["fil"]
        if file.size > MAX_BYTES:
            raise ValidationError("Filen er for stor til at være et afslutningsbevis.")
        return certificate.fingerprint_of(file.read())


def issue(incident: Incident, by: User) -> ClosingCertificate:
    """Issue the certificate with the timeline and the measures of the incident."""
    return certificate.issue_certificate(incident, by, story_sections(incident))


def story_sections(incident: Incident) -> list[CertificateTable]:
    """Return the timeline until now, the oldest event first, and the measures."""
    story = read_story_rows(incident)
    events = timeline.build_timeline(incident_events(story), timezone.now()).past[::-1]
    happened = [(f"{event.day:%d-%m-%Y}{f' {event.time:%H.%M}' if event.time else ''}", event.text) for event in events]
    measures = [
        (one.title, one.contact_name, danish.date(one.due_on), one.get_status_display()) for one in story.measures
    ]
    return [
        CertificateTable("FORLØB", ("Dag", "Hvad skete der"), happened),
        CertificateTable("TILTAG", ("Tiltag", "Ejer", "Senest", "Status"), measures),
    ]


def may_read_certificates(user: User, root: Unit) -> bool:
    """Tell whether the user sees the whole municipality: a certificate has the numbers of every unit."""
    return root.pk in user.unit_ids_with_role(Role.KIT_ADMIN, Role.DIT_SUPPORT, *Membership.COUNTING_ROLES)


@require_http_methods(["GET", "HEAD", "POST"])
def certificates(request: SignedInRequest) -> HttpResponse:
    """List the certificates of the incident. A POST checks a file, which is not kept."""
    if not may_read_certificates(request.user, Unit.root()):
        raise PermissionDenied
    incident = incident_or_404(request)
    issued = ClosingCertificate.objects.filter(incident=incident).select_related("by")
    form = CertificateForm(request.POST or None, request.FILES or None)
    is_checked = request.method == "POST" and form.is_valid()
    context: dict[str, Any] = {
        "incident": incident,
        "issued": issued,
        "form": form,
        "is_checked": is_checked,
        "same": issued.filter(fingerprint=form.cleaned_data["fil"]).first() if is_checked else None,
        "may_issue": Membership.Role.KIT_ADMIN in request.user.roles,
    }
    return render(request, "notifications/certificates.html", context, status=422 if form.errors else 200)


@require_POST
@kit_admin_required
def issue_certificate(request: SignedInRequest) -> HttpResponse:
    issued = issue(incident_or_404(request), request.user)
    logs.log_security_event("certificate_issued", request.user.pk, certificate=issued.pk)
    messages.success(request, f"Bevis nr. {issued.number} er udstedt.")
    return redirect("certificates")


@require_safe
def download_certificate(request: SignedInRequest, pk: int) -> HttpResponse:
    if not may_read_certificates(request.user, Unit.root()):
        raise PermissionDenied
    issued = get_object_or_404(ClosingCertificate, pk=pk, incident=incident_or_404(request))
    logs.log_security_event("certificate_downloaded", request.user.pk, certificate=issued.pk)
    name = f"afslutningsbevis-{issued.incident.slug}-{issued.number}.txt"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(issued.content.encode(), content_type="text/plain; charset=utf-8", headers=headers)
