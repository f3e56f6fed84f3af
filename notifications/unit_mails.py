"""Our own mails about the letters of a unit: their figures in reports, and the tab *Mails* of a board."""

from collections.abc import Iterator
from typing import NamedTuple

from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.db.models.functions import Lower
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from followups.boards.board import Board
from followups.boards.board_letters import board_letters
from followups.boards.views import board_page, render_tab
from followups.navigation import PRINT, PRINTED_ROWS
from followups.reporting.figures import FigureValue, Scope
from letters.models import Incident
from letters.models.letter import LetterQuerySet
from notifications.models import Delivery, Notice, NoticeItem, State, delivery_states
from notifications.models.delivery import DeliveryQuerySet
from notifications.models.notice import REMINDER_KINDS
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import danish
from sepo_incident.core.components import Pill
from sepo_incident.core.sorting import Column, ColumnSort, danish_order

PER_PAGE = 25
MAIL_COLUMNS = {
    "name": Column(danish_order("recipient__name")),
    "changed": Column("changed_at", descending_first=True),
}


class MailFigure(NamedTuple):
    """The key, the label and the sentence of a figure about mails, and the states of the mails."""

    key: str
    label: str
    sentence: str
    states: list[State]


NOT_REACHED = "ikke-naaet"
#: Choice of the tab -> figure. The last counts persons, by their newest mail; the others count mails.
MAIL_FIGURES = {
    "alle": MailFigure("mails", "mails", "Vores mails om brevene, med kopier.", list(State)),
    "i-koe": MailFigure(
        "mails.waiting", "mails i kø", "Mails, der ikke er sendt endnu.", delivery_states.SENDING_STATES
    ),
    "sendt": MailFigure(
        "mails.accepted",
        "mails, der er sendt",
        "Mails, som en mailserver har taget imod, og som ikke er kommet retur.",
        delivery_states.TAKEN_BY_SERVER,
    ),
    "naaet": MailFigure(
        "mails.reached",
        "mails, der er afleveret eller kvitteret",
        "Mails, der beviseligt nåede frem.",
        delivery_states.REACHED,
    ),
    "fejlet": MailFigure(
        "mails.failed",
        "mails, der ikke nåede frem",
        "Mails, der blev afvist, kom retur, er opgivet eller venter på, at adressen godkendes.",
        [*delivery_states.UNREACHED, State.REFUSED_SPAM],
    ),
    NOT_REACHED: MailFigure(
        "people.not_reached",
        "personer, der ikke er nået",
        "Personer, hvor nogen skal sikre, at de hører om brevene.",
        delivery_states.AWAITING_RESOLUTION,
    ),
}


def mails_about(letters: LetterQuerySet) -> DeliveryQuerySet:
    """Return our mails that name any of the letters, without mails that were stopped."""
    items = NoticeItem.objects.active().filter(followup__letter__in=letters.order_by().values("pk"))
    return Delivery.objects.filter(notice__in=items.values("notice"))


def mails_known_to(user: User, letters: LetterQuerySet) -> DeliveryQuerySet:
    """Return the mails about `letters`, which come from `counted_for`, that the user may count.

    A reminder may reveal that an answer about a personnel case is missing. Koncern IT sends all mails.
    """
    mails = mails_about(letters)
    if Membership.Role.KIT_ADMIN in user.roles:
        return mails
    readable = Notice.objects.countable_for(user).filter(kind__in=REMINDER_KINDS)
    return mails.filter(~Q(notice__kind__in=REMINDER_KINDS) | Q(notice__in=readable.values("pk")))


def mails_in_choice(mails: DeliveryQuerySet, choice: str) -> DeliveryQuerySet:
    """Return the mails of a choice of `MAIL_FIGURES`: for *Ikke nået* the newest mail of each person at an address."""
    if choice != NOT_REACHED:
        return mails.in_states(MAIL_FIGURES[choice].states)
    people = mails.awaiting_resolution().order_by().values("recipient", at=Lower("address"))
    return mails.filter(pk__in=people.annotate(newest=Max("pk")).values("newest"))


def count_mails(mails: DeliveryQuerySet) -> dict[str, int]:
    """Return {choice: number of mails, for *Ikke nået* of persons}. Two queries."""
    counted = {choice: figure for choice, figure in MAIL_FIGURES.items() if choice != NOT_REACHED}
    counts = {choice: Count("pk", filter=Q(stands__in=figure.states)) for choice, figure in counted.items()}
    found = mails.with_state_at(timezone.now()).order_by().aggregate(**counts)
    return found | {NOT_REACHED: mails.awaiting_resolution().people().count()}


def mail_figures(scope: Scope) -> Iterator[FigureValue]:
    """Yield the figures about our own mails for reports."""
    counts = count_mails(mails_about(scope.letters))
    for choice, figure in MAIL_FIGURES.items():
        yield FigureValue(figure.key, figure.label, figure.sentence, counts[choice], None)


@require_safe
@board_page
def board_mails(request: SignedInRequest, unit: Unit, incident: Incident) -> HttpResponseBase:
    """Count our mails about the letters of the unit, and show those about the letters that the reader may see."""
    board = Board(unit, incident, request.user)
    mails = mails_known_to(request.user, board.letters)
    counts, asked = count_mails(mails), request.GET.get("vis", "alle")
    choice = asked if asked in MAIL_FIGURES else "alle"
    sort = ColumnSort(request.GET, MAIL_COLUMNS, default="-changed", anchor="mails")
    seen = mails_known_to(request.user, board_letters(board.unit, board.incident, request.user))
    rows = mails_in_choice(seen, choice).select_related("recipient__unit", "notice__receiver")
    listed, is_print = sort.order(rows, "pk"), PRINT in request.GET
    paginator = Paginator(listed, PRINTED_ROWS if is_print else PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    shown = Notice.objects.visible_to(request.user).filter(pk__in=[one.notice_id for one in page])
    context = {
        "page_obj": page,
        "is_print": is_print,
        "heads": sort.heads,
        "sentence": MAIL_FIGURES[choice].sentence,
        "pills": _pills(unit.pk, counts, choice),
        "readable": set(shown.values_list("pk", flat=True)),
    }
    return render_tab(request, board, "board_mails", context, "notifications/board_mails.html")


def _pills(pk: int, counts: dict[str, int], chosen: str) -> list[Pill]:
    url = reverse("board_mails", args=[pk])
    return [
        Pill(danish.capitalized(figure.label), f"{url}?vis={choice}#mails", counts[choice], is_current=choice == chosen)
        for choice, figure in MAIL_FIGURES.items()
        if choice in ("alle", chosen) or counts[choice]
    ]
