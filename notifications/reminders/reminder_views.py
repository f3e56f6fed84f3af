"""The page *Påmindelser* for KIT, the line «Næste påmindelse: …», and the page «Send påmindelse nu» for leaders.

The pages of `followups` load the line with htmx, because `followups` may not import `notifications`.
"""

from itertools import islice
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups.boards.board_letters import board_letters, units_with_list_for
from followups.navigation import menu_line_of
from followups.rules import rights
from letters.incidents import incident_of, incident_or_404
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from notifications.dispatching.dispatch_lifecycle import DispatchAlreadyRequested, pause_context
from notifications.dispatching.dispatch_progress import load_progress
from notifications.kinds.reminders import first_sending_day
from notifications.models import Notice, ReminderSchedule
from notifications.reminders import director_mails, remind_now, reminder_forecast, run_reminders
from notifications.reminders.reminder_forecast import iter_calendar_days
from notifications.reminders.run_reminders import KINDS_SENT_BY_CLOCK
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import danish, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import parse_int

DISPATCHES_PER_PAGE, PEOPLE_PER_PAGE, DAYS_SHOWN = 15, 25, 8


@kit_admin_required
@require_safe
def reminders(request: SignedInRequest) -> HttpResponse:
    incident = incident_of(request)
    if incident is None:
        return render(request, "notifications/reminders.html")
    now = timezone.now()
    sent = incident.dispatches.filter(kind__in=KINDS_SENT_BY_CLOCK).select_related("requested_by")
    page_obj = Paginator(sent, DISPATCHES_PER_PAGE).get_page(request.GET.get("page"))
    readable = Notice.objects.visible_to(request.user)
    context = {
        "schedule": ReminderSchedule.objects.for_incident(incident),
        "calendar": list(islice(iter_calendar_days(incident, first_sending_day(now)), DAYS_SHOWN)),
        "forecast": reminder_forecast.forecast_next_mails(incident, now),
        "page_obj": page_obj,
        "dispatches": load_progress(page_obj),
        "directors": director_mails.list_administrations(incident),
        "director_mails": incident.director_mails.filter(notice__in=readable.values("pk")),
        "changes": incident.reminder_schedule_changes.select_related("by"),
        **pause_context(incident),
    }
    return render(request, "notifications/reminders.html", context)


@require_POST
@kit_admin_required
def switch_reminders(request: SignedInRequest, is_on: bool) -> HttpResponse:
    word = "til" if is_on else "fra"
    if run_reminders.switch_reminders(incident_or_404(request), request.user, is_on):
        logs.log_security_event("reminders_switched_on" if is_on else "reminders_switched_off", request.user.pk)
        messages.success(request, f"Påmindelserne er slået {word}.")
    else:
        messages.info(request, f"Påmindelserne var allerede slået {word}.")
    return redirect("reminders")


@require_safe
def my_reminder(request: SignedInRequest) -> HttpResponse:
    incident, now = incident_of(request), timezone.now()
    sentence = reminder_forecast.next_reminder_for_person(request.user, incident, now) if incident else ""
    return render_next_reminder(request, sentence, "Mine breve", reverse("my_letters"))


@require_safe
def letter_reminder(request: SignedInRequest, pk: int) -> HttpResponse:
    visible = Letter.objects.visible_to(request.user).select_related("incident")
    letter = get_object_or_404(visible, pk=pk)
    sentence = reminder_forecast.next_reminder_for_letter(letter, request.user, timezone.now())
    line = menu_line_of(letter, request.user)
    return render_next_reminder(request, sentence, "Brevet", reverse("letter", args=[pk]), lies_under=line)


@require_safe
def unit_reminder(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the unit's next reminder and the number of people reminded today, with a link for leaders.

    For a leader's board, the answer also replaces the links of the senders who cannot be reminded now by the reason.
    """
    unit, incident = get_object_or_404(units_with_list_for(request.user), pk=pk), incident_of(request)
    if incident is None:
        return render_next_reminder(request, "", unit.name, reverse("board", args=[pk]), lies_under="boards")
    letters, now = board_letters(unit, incident, request.user), timezone.now()
    sentence = reminder_forecast.next_reminder_for_unit(letters, incident, now)
    more: dict[str, Any] = {"lies_under": "boards"}
    more["reminded_sentence"] = reminder_forecast.reminded_today_sentence(letters, now)
    if rights.may_confirm_in_unit(request.user, unit, letters):
        candidates = remind_now.find_candidates(letters.filter(rights.leads(request.user)), incident, request.user, now)
        more |= {"reminded_url": reverse("remind_unit", args=[pk]), "not_reminded": candidates.without_mail}
    return render_next_reminder(request, sentence, unit.name, reverse("board_people", args=[pk]), **more)


def render_next_reminder(request: SignedInRequest, sentence: str, back: str, url: str, **more: Any) -> HttpResponse:
    context: dict[str, Any] = {"next_reminder_sentence": sentence, "back": back, "back_url": url, **more}
    template = "_next_reminder_line" if "HX-Request" in request.headers else "next_reminder"
    return render(request, f"notifications/{template}.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def remind_unit(request: SignedInRequest, pk: int) -> HttpResponse:
    """On GET, show the people who would get a mail and the people who would not. On POST, request the reminders.

    `?afsender=` limits the page to some senders; `til` in the POST data holds the receivers.
    """
    unit, incident = get_object_or_404(units_with_list_for(request.user), pk=pk), incident_or_404(request)
    letters = board_letters(unit, incident, request.user)
    if not rights.may_confirm_in_unit(request.user, unit, letters):
        raise PermissionDenied
    led = letters.filter(rights.leads(request.user))
    if request.method != "POST":
        return render_remind_unit(request, unit, incident, led)
    receivers = parse_ints(request.POST.getlist("til"))
    if not receivers:
        return render_remind_unit(request, unit, incident, led, status=422)
    try:
        dispatch = remind_now.request_reminders(led, incident, receivers, by=request.user)
    except DispatchAlreadyRequested:
        messages.info(request, "Du har allerede bestilt påmindelserne. Ingen får to.")
    except Conflict:
        return render_remind_unit(request, unit, incident, led, status=409)
    else:
        logs.log_security_event("reminded_at_once", request.user.pk, dispatch_id=dispatch.pk, count=len(receivers))
        people = danish.count(dispatch.promised, "person", "personer")
        messages.success(request, f"Påmindelsen til {people} er på vej.")
    return redirect(reverse("board_people", args=[pk]))


def render_remind_unit(
    request: SignedInRequest, unit: Unit, incident: Incident, led: LetterQuerySet, status: int = 200
) -> HttpResponse:
    """Render the page. Status 422: nobody was chosen. 409: the data changed after the page was shown."""
    senders = parse_ints(request.GET.getlist("afsender"))
    shown = led.filter(sender__in=senders) if senders else led
    found = remind_now.find_candidates(shown, incident, request.user, timezone.now())
    page = Paginator(found.mailed, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "unit": unit,
        "candidates": found,
        "page_obj": page,
        "per_page": PEOPLE_PER_PAGE,
        "chosen_from": request.GET.urlencode(),
        "none_chosen": status == 422,
        "is_overtaken": status == 409,
        "lies_under": "boards",
        **pause_context(incident),
    }
    return render(request, "notifications/remind_unit.html", context, status=status)


def parse_ints(texts: list[str]) -> set[int]:
    return {number for text in texts if (number := parse_int(text)) is not None}
