"""Pages of sent mails, for users with access to the letters in the mails."""

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from followups.navigation import menu_line_of
from letters.models import Letter
from notifications.models import Evidence, Notice
from notifications.models.notice import REMINDER_KINDS
from notifications.outbox import mime
from notifications.outbox.delivery_explanations import explain_delivery, notice_history_sentence
from sepo_incident.accounts.models import Membership
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core.components import mail_frame


@require_safe
def show_notice(request: SignedInRequest, pk: int) -> HttpResponse:
    visible = Notice.objects.visible_to(request.user).select_related("dispatch__incident")
    one, now = get_object_or_404(visible, pk=pk), timezone.now()
    evidence_in_order = Prefetch("evidence", Evidence.objects.order_by("occurred_at", "pk"))
    deliveries = list(
        one.deliveries.select_related("recipient").prefetch_related(evidence_in_order).order_by("-role", "pk")
    )
    is_kit = Membership.Role.KIT_ADMIN in request.user.roles
    to, *copies = (delivery for delivery in deliveries if not delivery.is_replaced)
    context = {
        "notice": one,
        "mail_from": mime.readable_sender(),
        "mail_to": mime.readable_recipient(to),
        "mail_cc": [mime.readable_recipient(copy) for copy in copies],
        "rows": [(delivery, explain_delivery(delivery, now)) for delivery in deliveries],
        "may_open_incoming": is_kit,
        "may_follow": is_kit and one.dispatch_id,
        "lies_under": one.dispatch.tab if one.dispatch else None,
        "as_text": request.GET.get("visning") == "tekst",
    }
    return render(request, "notifications/notice.html", context)


@require_safe
@mail_frame
def notice_html(request: SignedInRequest, pk: int) -> HttpResponse:
    return HttpResponse(get_object_or_404(Notice.objects.visible_to(request.user), pk=pk).html)


@require_safe
def list_letter_notices(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the notices about a letter, and the outcome of each. The letter's page fetches the list with htmx.

    A reminder about a personnel case may reveal that an answer is missing. A reader who may read neither the case nor
    the reminder is not told about the reminder.
    """
    letter = get_object_or_404(Letter.objects.visible_to(request.user), pk=pk)
    about = Notice.objects.about(letter).select_related("dispatch__incident").prefetch_related("deliveries__recipient")
    readable = set(Notice.objects.visible_to(request.user).about(letter).values_list("pk", flat=True))
    context = {
        "letter": letter,
        "lies_under": menu_line_of(letter, request.user),
        "notice_rows": [
            (one, notice_history_sentence(one, one.deliveries.all(), request.user), one.pk in readable)
            for one in about
            if letter.reader_may_read or one.pk in readable or one.kind not in REMINDER_KINDS
        ],
    }
    template = "_letter_notice_list" if "HX-Request" in request.headers else "letter_notices"
    return render(request, f"notifications/{template}.html", context)
