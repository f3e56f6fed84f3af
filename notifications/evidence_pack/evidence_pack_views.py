"""*Dokumentation* for a letter and for a unit, and *Aktindsigt*. The security log records every view and download."""

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from followups.boards.board_letters import board_letters
from followups.models import LetterRow
from followups.navigation import menu_line_of
from followups.rules.letter_rows import get_letter_or_404, paginate_rows
from letters.incidents import incident_of
from letters.models import Incident
from letters.recipient_keys import short_recipient_code
from notifications.evidence_pack import access_requests, pack_contents
from notifications.evidence_pack.access_requests import AccessRequest
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.roles import SignedInRequest, refuse_while_impersonating, requires_role
from sepo_incident.core import danish, logs

Role = Membership.Role
#: Whoever answers requests for access: Personalejura answers those about personnel cases.
ACCESS_ROLES = (Role.KIT_ADMIN, Role.COORDINATOR, Role.HR)
LETTERS_PER_PAGE = 50
#: The most letters of a zip. A letter takes up to 50 ms, and a thread of the web server is busy meanwhile.
MAX_LETTERS = 5000


@require_safe
@never_cache
@refuse_while_impersonating
def letter_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    letter = _readable_letter_or_404(request, pk)
    logs.log_security_event("evidence_pack_shown", request.user.pk, letter_id=letter.pk)
    context = {
        "letter": letter,
        "dossier": pack_contents.build_dossier(letter),
        "mails": list(pack_contents.mails_about([letter.pk], request.user)),
        "lies_under": menu_line_of(letter, request.user),
        "code": short_recipient_code(letter.recipient_key) if may_request_access(request.user) else "",
    }
    return render(request, "notifications/letter_pack.html", context)


@require_safe
@never_cache
@refuse_while_impersonating
def letter_zip(request: SignedInRequest, pk: int) -> StreamingHttpResponse:
    letter = _readable_letter_or_404(request, pk)
    logs.log_security_event("evidence_pack_fetched", request.user.pk, letter_id=letter.pk)
    name = danish.ascii_file_name(letter.source_ref)[:60] or str(pk)
    head = [f"Dokumentation for brev {letter.source_ref}"]
    entries = pack_contents.pack_entries(head, [letter], [letter.pk], request.user)
    return _zip_response(f"dokumentation-brev-{name}.zip", pack_contents.stream_zip(entries))


@require_safe
@never_cache
@refuse_while_impersonating
def unit_pack(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the unit's letters, page by page."""
    unit, incident = unit_and_incident(request, pk)
    seen = board_letters(unit, incident, request.user)
    packed = pack_contents.packable_letters(seen)
    page = paginate_rows(packed, LETTERS_PER_PAGE, request.GET.get("page"), request.user)
    letters = page.paginator.count
    left_out = seen.count() - letters
    logs.log_security_event("evidence_pack_shown", request.user.pk, unit_id=pk, letters=letters)
    context = {
        "unit": unit,
        "incident": incident,
        "page_obj": page,
        "count": letters,
        "left_out": pack_contents.omission_lines(unit, left_out, request.user),
        "max_letters": MAX_LETTERS,
        "lies_under": "boards",
        "may_request_access": may_request_access(request.user),
    }
    return render(request, "notifications/unit_pack.html", context)


@require_safe
@never_cache
@refuse_while_impersonating
def unit_zip(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Stream the zip while building. For more than `MAX_LETTERS`, redirect to the page, which says what to do."""
    unit, incident = unit_and_incident(request, pk)
    seen = board_letters(unit, incident, request.user)
    letters = seen.readable().count()
    if letters > MAX_LETTERS:
        return redirect("unit_pack", pk)
    logs.log_security_event("evidence_pack_fetched", request.user.pk, unit_id=pk, letters=letters)
    entries = pack_contents.unit_entries(unit, incident, seen, seen.count() - letters, request.user)
    return _zip_response(f"dokumentation-enhed-{pk}.zip", pack_contents.stream_zip(entries))


def may_request_access(user: User) -> bool:
    return not user.roles.isdisjoint(ACCESS_ROLES)


@require_safe
@never_cache
@refuse_while_impersonating
@requires_role(*ACCESS_ROLES)
def access_request(request: SignedInRequest) -> HttpResponse:
    """Show the letters of the record number or of the recipient's code, page by page, with a file per recipient."""
    asked = AccessRequest.of_address(request.GET)
    letters = asked.find_letters(request.user)
    page = paginate_rows(letters, LETTERS_PER_PAGE, request.GET.get("page"), request.user)
    if page:
        count = page.paginator.count
        logs.log_security_event("access_request_shown", request.user.pk, letter_id=page[0].pk, letters=count)
    context = {
        "asked": asked,
        "limits": access_requests.search_limits(request.user),
        "files": access_requests.list_files(asked, letters, page),
        "page_obj": page,
        "max_letters": MAX_LETTERS,
    }
    return render(request, "notifications/access_request.html", context)


@require_safe
@never_cache
@refuse_while_impersonating
@requires_role(*ACCESS_ROLES)
def access_request_zip(request: SignedInRequest) -> HttpResponseBase:
    """Stream the zip of the record number or of one recipient. Redirect to the page where there is no such file."""
    asked = AccessRequest.of_address(request.GET)
    ids = list(asked.find_letters(request.user).values_list("pk", flat=True)[: MAX_LETTERS + 1])
    if (asked.code and not asked.letter) or not 0 < len(ids) <= MAX_LETTERS:
        return redirect(reverse("access_request") + asked.query)
    logs.log_security_event("access_request_fetched", request.user.pk, letter_id=ids[0], letters=len(ids))
    name = danish.ascii_file_name(asked.subject).lower()
    entries = access_requests.request_entries(asked, ids, request.user)
    return _zip_response(f"aktindsigt-{name}.zip", pack_contents.stream_zip(entries))


def _readable_letter_or_404(request: SignedInRequest, pk: int) -> LetterRow:
    """Return the letter. Raise PermissionDenied if the user may see but not read the letter.

    A pack without the contents of the letter would prove nothing.
    """
    letter = get_letter_or_404(request.user, pk)
    if not letter.reader_may_read:
        raise PermissionDenied
    return letter


def unit_and_incident(request: SignedInRequest, pk: int) -> tuple[Unit, Incident]:
    unit = get_object_or_404(Unit.objects.listed_for(request.user), pk=pk)
    incident = incident_of(request)
    if incident is None:
        raise Http404
    return unit, incident


def _zip_response(name: str, parts: Iterator[bytes]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": str(content_disposition_header(True, name)), "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(parts, content_type="application/zip", headers=headers)
