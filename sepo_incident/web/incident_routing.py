"""Middleware that finds the incident of a page: from the address, or from the letter or other object in the address.

`/haendelser/<slug>/mine-breve/` is *Mine breve* of the incident. An address without an incident means the only incident
that is not closed. With several, a GET is redirected: to the incident of the object in the address, to the only
incident that the reader has anything in, or else to the front page across incidents, where the reader chooses. A POST
runs only if its object says which incident it is about; any other POST is refused and changes nothing. A POST about a
closed incident is refused unless `ACTS_IN_CLOSED_INCIDENT` names its page.
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, set_script_prefix
from django.utils.deprecation import MiddlewareMixin
from django_htmx.http import HttpResponseClientRefresh

from followups.models import BulkDecision, ClosingCertificate, Escalation
from letters.incidents import address_under, addresses_under, incident_in_address, incident_of, split_address
from letters.models import Assignment, BreachReport, CategoryRule, ImportBatch, Incident, Letter
from letters.models.incident import IncidentClosed
from notifications.models import Delivery, Dispatch, Notice
from notifications.status_note.versions import notes_visible_to
from sepo_incident.accounts.models import User
from sepo_incident.web.incident_list import WANTED
from sepo_incident.web.visible_incidents import list_incidents, visible_incidents

#: Addresses of pages about no incident, and of pages across incidents unless the address names one.
WITHOUT_INCIDENT = re.compile(
    r"(log-ind|log-af|se-som|min-adgang|person|personer|roller|sundhed|vejledning|ordliste|tilgaengelighed|oplysninger"
    r"|api|sporing|databrud|efterlys|haendelser|soeg|mit-fravaer|fravaer|visninger|henvendelser|personalesager|indgaaende-post|levering|alarmer|demo)/"
    r"|udkast/$|haendelse/ny/|aktindsigt"
)

#: The pages whose forms run in a closed incident, by the name of the URL. Every other form is refused.
ACTS_IN_CLOSED_INCIDENT = frozenset({
    "reopen_incident",
    # the 72 hours run on (GDPR art. 33)
    "report_breach", "assess_breach", "mark_breach_notified", "give_opinion", "decide_information",
    # documents about the incident, which are written and published after its end
    "notes", "note", "publish_note", "note_prose", "note_template", "verify_note", "certificates", "issue_certificate",
    # a reader's own filter of a list
    "save_view",
})  # fmt: skip


class AddressedObject(NamedTuple):
    """The object of all addresses that begin with `route`: the objects that the user may know, and their incident."""

    route: str
    objects: Callable[[User], QuerySet[Any]]
    incident: str

    def incident_id(self, user: User, pk: int) -> int | None:
        return self.objects(user).filter(pk=pk).order_by().values_list(self.incident, flat=True).first()


def _visible(model: Any) -> Callable[[User], QuerySet[Any]]:
    return lambda user: model.objects.visible_to(user)


def _all(model: Any) -> Callable[[User], QuerySet[Any]]:
    return lambda user: model.objects.all()


#: Objects that are not visible to the user are not looked up, so that a redirect tells nobody that a letter exists.
ADDRESSED_OBJECTS = [
    AddressedObject("brev/<int:pk>/", _visible(Letter), "incident"),
    AddressedObject("trukket-tilbage/<int:pk>/", _visible(Letter), "incident"),
    AddressedObject("mangler-ansvarlig/<int:pk>/", _visible(Assignment), "incident"),
    AddressedObject("overdrag/givet/<int:pk>/", lambda user: Assignment.objects.filter(by=user), "incident"),
    AddressedObject("mangler-ansvarlig/<slug:what>/<int:pk>/", _visible(Letter), "incident"),
    AddressedObject("henvendelser/<int:pk>/", _visible(Escalation), "followup__letter__incident"),
    AddressedObject("samlet/<int:pk>/", lambda user: BulkDecision.objects.filter(by=user), "letters__letter__incident"),
    AddressedObject("indlaes/<int:pk>/", _all(ImportBatch), "incident"),
    AddressedObject("emneomraader/<int:pk>/", _all(CategoryRule), "incident"),
    AddressedObject("beskeder/udsendelse/<int:pk>/", _all(Dispatch), "incident"),
    AddressedObject("levering/<int:pk>/", _all(Delivery), "notice__dispatch__incident"),
    AddressedObject("besked/<int:pk>/", _visible(Notice), "dispatch__incident"),
    AddressedObject("rapport/<int:pk>/", notes_visible_to, "incident"),
    AddressedObject("haendelse/afslutningsbevis/<int:pk>/", _all(ClosingCertificate), "incident"),
    AddressedObject("haendelse/databrud/<int:pk>/", _all(BreachReport), "incident"),
]


class IncidentAddressMiddleware:
    """Take the incident's two segments off the path, and put them before every address of the page.

    The path of an unknown incident is left alone, so no page is found.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        slug, page = split_address(request.path_info)
        incident = Incident.objects.filter(slug=slug).first() if slug else None
        if incident:
            request.path_info = page
            _put_under(request, incident)
        with addresses_under(incident):  # also restores what `process_view` below sets
            return self.get_response(request)


def _put_under(request: HttpRequest, incident: Incident) -> None:
    request.incident = request.incident_in_address = incident  # type: ignore[attr-defined]


class IncidentOfPageMiddleware(MiddlewareMixin):
    """Redirect to the incident of the page, or refuse a form without one; see the module."""

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        match, user, is_form = request.resolver_match, request.user, request.method not in ("GET", "HEAD")
        if match is None or not isinstance(user, User) or not match.url_name:
            return None
        incidents = list_incidents(request)
        addressed = incident_in_address(request)
        if len(incidents) <= 1 and not is_form and not any(one.is_closed for one in incidents):
            return None
        known = next((one for one in ADDRESSED_OBJECTS if match.route.startswith(one.route)), None)
        own_id = known.incident_id(user, kwargs["pk"]) if known else None
        own = next((one for one in incidents if one.pk == own_id), None)
        is_without_incident = bool(WITHOUT_INCIDENT.match(match.route))
        about = own if known or is_without_incident else incident_of(request)
        if about and about.is_closed and match.url_name not in ACTS_IN_CLOSED_INCIDENT:
            if is_form:  # a view refuses by itself who lacks its role
                required = getattr(view, "required_roles", ())
                lacks_role = required and user.roles.isdisjoint(required)
                return None if lacks_role else _refuse_change_of_closed(request)
            request.closed_incident = about  # type: ignore[attr-defined]
        if addressed:
            return _lead_to(request, own, is_form_refused=True) if own and own != addressed else None
        if is_without_incident:
            return None
        if known:  # without an incident the page says itself that there is no such letter
            return _lead_to(request, own) if own and own != incident_of(request) else None
        return _ask_for_incident(request, incidents)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer an act that the view did not expect to be refused because the incident is closed."""
        return _refuse_change_of_closed(request) if isinstance(exception, IncidentClosed) else None


def _refuse_change_of_closed(request: HttpRequest) -> HttpResponse:
    """Say that the incident is closed. Show the sentences that were typed, so that they can be copied."""
    typed = [text for name in request.POST for text in request.POST.getlist(name) if " " in text.strip()]
    return render(request, "incidents/incident_closed.html", {"typed": typed}, status=HTTPStatus.CONFLICT)


def _ask_for_incident(request: HttpRequest, incidents: list[Incident]) -> HttpResponse | None:
    """Answer an address that does not say which of several incidents it is about."""
    not_closed = [one for one in incidents if not one.is_closed]
    if len(not_closed) <= 1:
        return None
    if request.method not in ("GET", "HEAD"):
        return render(request, "incidents/incident_needed.html", status=HTTPStatus.CONFLICT)
    if "HX-Request" in request.headers:
        return HttpResponseClientRefresh()
    seen = visible_incidents(cast(User, request.user), not_closed)
    if len(seen) == 1:
        return _lead_to(request, seen[0])
    return redirect(f"{reverse('incidents')}?{urlencode({WANTED: request.get_full_path_info()})}")


def _lead_to(request: HttpRequest, incident: Incident, *, is_form_refused: bool = False) -> HttpResponse | None:
    """Redirect a GET to the same page of the incident. Let a form run there, or refuse the form."""
    if request.method in ("GET", "HEAD"):
        return redirect(address_under(incident, request.get_full_path_info()))
    if is_form_refused:
        raise Http404
    _put_under(request, incident)
    set_script_prefix(address_under(incident))
    return None
