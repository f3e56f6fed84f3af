"""Public pages: help, which mails link to, error pages with a reference number, and the health check.

DIT finds the request of a caller in the log by the reference. 400 and 500 use nothing that may be broken: no session,
no database, no manifest of static files.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import KombuError, OperationalError

from followups.drafts import recipient_texts
from followups.letter.letter_navigation import colleagues_letter
from letters.incident_kinds import USUAL_RULES
from letters.incidents import incident_of
from notifications.alarms import heartbeats
from sepo_incident.accounts.models import User
from sepo_incident.accounts.sign_in.wording import sign_in_sentence


@login_not_required
def help_page(request: HttpRequest, page: str) -> HttpResponse:
    """Render `help/<page>.html` with the contacts and dates of the incident. The page names offices, never people."""
    incident = incident_of(request)
    context = {"incident": incident, "rules": incident.rules if incident else USUAL_RULES}
    return render(request, f"help/{page}.html", context | {"sign_in": sign_in_sentence()})


@login_not_required
def drafts_page(request: HttpRequest) -> HttpResponse:
    """Render the incident's texts for recipients, without a letter: every field is left to fill in."""
    incident = incident_of(request)
    context = {"incident": incident, "drafts": recipient_texts.drafts_without_letter(incident)}
    return render(request, "help/drafts.html", context)


def request_reference(request: HttpRequest) -> str:
    return getattr(request, "request_id", "")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return HttpResponse(render_to_string("400.html", {"reference": request_reference(request)}), status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", {"reference": request_reference(request)}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    return render(request, "403_csrf.html", {"reference": request_reference(request)}, status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404. Below the address of a colleague's letter, say whose it is, if the reader may learn that."""
    context: dict[str, Any] = {"reference": request_reference(request)}
    here, user = request.resolver_match, getattr(request, "user", None)
    if here and here.route.startswith("brev/<int:pk>/") and isinstance(user, User):
        context["found"] = colleagues_letter(here.kwargs["pk"], user)
    template = "followups/colleagues_letter.html" if context.get("found") else "404.html"
    return render(request, template, context, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return HttpResponse(render_to_string("500.html", {"reference": request_reference(request)}), status=500)


TIMEOUT_SECONDS = 2


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Return 200 `{"database": true, "disk": true, "broker": true, "silent_queues": []}` if all is well, or else 503.

    `disk`: PostgreSQL's disk takes writes; a full one does not. `silent_queues` is null if the database does not tell.
    The page is public and reveals nothing more.
    """
    found = {"database": _database_answers(), "disk": _database_answers(_SPILL_SQL), "broker": _broker_answers()}
    silent_queues = _silent_queues()
    is_well = all(found.values()) and silent_queues == []
    return JsonResponse(found | {"silent_queues": silent_queues}, status=200 if is_well else 503)


@login_not_required
@never_cache
@require_safe
def site_health(request: HttpRequest) -> JsonResponse:
    """Return 200 `{"database": true}` if the site can show pages, otherwise 503.

    A proxy and a container ask here: a site without broker, clock and workers still shows pages.
    """
    database = _database_answers()
    return JsonResponse({"database": database}, status=200 if database else 503)


#: PostgreSQL writes what exceeds the memory to a temporary file: 700 KB, and no row of ours.
_SPILL_SQL = "SET LOCAL work_mem = '64kB'; SELECT count(*) FROM generate_series(1, 50000)"


def _database_answers(statement: str = "SELECT 1") -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=TIMEOUT_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=TIMEOUT_SECONDS)
    except (OSError, KombuError, OperationalError):
        return False
    return True


def _silent_queues() -> list[str] | None:
    """Return the names of the silent queues, or None if the database does not answer or has no tables yet."""
    try:
        return [str(queue) for queue, _ in heartbeats.list_silent_queues()]
    except DatabaseError:
        return None


#: A help page has the name of its template.
urlpatterns = [
    path("sundhed/", health, name="health"),
    path("sundhed/siden/", site_health, name="site_health"),
    path("vejledning/", help_page, {"page": "guide"}, name="guide"),
    path("vejledning/leder/", help_page, {"page": "leader_guide"}, name="leader_guide"),
    path("vejledning/koncern-it/", help_page, {"page": "kit_guide"}, name="kit_guide"),
    path("vejledning/dit/", help_page, {"page": "dit_guide"}, name="dit_guide"),
    path("vejledning/koordinator/", help_page, {"page": "coordinator_guide"}, name="coordinator_guide"),
    path("vejledning/sekretariat/", help_page, {"page": "secretariat_guide"}, name="secretariat_guide"),
    path("udkast/", drafts_page, name="drafts"),
    path("ordliste/", help_page, {"page": "glossary"}, name="glossary"),
    path("tilgaengelighed/", help_page, {"page": "accessibility"}, name="accessibility"),
    path("oplysninger/", help_page, {"page": "privacy"}, name="privacy"),
]
