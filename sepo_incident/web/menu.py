"""The template context of every page: the menu with the number of waiting items, the incident and the time.

Nothing is read from the database for anonymous users, nor before a template uses the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import IntegerField, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from followups.models import Escalation, FollowUp
from followups.my_letters.worklist import letters_awaiting_substitute
from followups.rules import completeness, rights
from letters.models import Incident, Letter
from notifications.models import Alarm, Delivery, IncomingMail, UnanswerableCheck
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core import danish

Role = Membership.Role
type Rows = Callable[[User], QuerySet[Any]]


class MenuEntry(NamedTuple):
    """A line of the menu.

    `page`: name of the URL. `under`: names of other URLs that belong to the line. `waiting`: returns the rows
    that wait for the user. `tabs`: pages beside the line's page, the line's page first. `needed`: returns the rows
    without which the line is left out.
    """

    label: str
    page: str
    under: tuple[str, ...] = ()
    waiting: Rows | None = None
    tabs: tuple[MenuEntry, ...] = ()
    needed: Rows | None = None

    def covers(self, page: str | None) -> bool:
        """Return whether the page belongs to this line or to a tab of the line."""
        return page in (self.page, *self.under) or any(tab.covers(page) for tab in self.tabs)


class RowCount(Subquery):
    """A subquery that counts the rows of a query."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def own_letters(user: User) -> QuerySet[Letter]:
    """Return the letters that the user sent, in incidents that are not closed."""
    letters = Letter.objects.visible_to(user).active().filter(sender=user)
    return letters.exclude(incident__status=Incident.Status.CLOSED)


def letters_waiting(user: User) -> QuerySet[FollowUp]:
    """Return the follow-ups in the jobs of *Mine breve*: to decide, send and answer, also as a substitute."""
    mine = FollowUp.objects.filter(letter__in=own_letters(user)).filter(completeness.is_senders_turn())
    incident = Incident.objects.current() if user.stands_in_for else None
    if incident is None:
        return mine
    theirs = letters_awaiting_substitute(user, incident)
    return FollowUp.objects.filter(Q(pk__in=mine.values("pk")) | Q(letter__in=theirs.values("pk")))


def decisions_waiting(user: User) -> QuerySet[Letter]:
    """Return the letters that wait for confirmation by this user: *Din tur* on the boards."""
    letters = Letter.objects.visible_to(user).active().exclude(incident__status=Incident.Status.CLOSED)
    return letters.filter(rights.awaits_confirmation_by(user))


def escalations_waiting(user: User) -> QuerySet[Escalation]:
    """Return the questions that the user's desk has not answered."""
    return Escalation.objects.visible_to(user).waiting()


MY_LETTERS = MenuEntry("Mine breve", "my_letters", waiting=letters_waiting)
#: For people whose work is other people's letters, and who may have sent some too.
OWN_LETTERS = MY_LETTERS._replace(needed=own_letters)
GUIDE = MenuEntry("Vejledning", "guide", ("leader_guide", "drafts"))
HELP = MenuEntry("Vejledning", "guide", ("leader_guide", "drafts", "glossary"))
GLOSSARY = MenuEntry("Ordliste", "glossary")
ESCALATION_SUBPAGES = ("escalation", "answer_escalations", "standard_answers", "standard_answer", "new_standard_answer")
ESCALATIONS = MenuEntry("Henvendelser", "escalations", ESCALATION_SUBPAGES, escalations_waiting)
MISSING_OWNER = MenuEntry(
    "Mangler ansvarlig",
    "unassigned",
    tabs=(
        MenuEntry("Mangler ansvarlig", "unassigned", ("unassigned_group", "new_person")),
        MenuEntry(
            "Ingen kan svare", "nobodys", waiting=lambda user: UnanswerableCheck.objects.nobodys().visible_to(user)
        ),
    ),
)
IMPORT_SUBPAGES = (
    "import_batch", "import_columns", "new_units", "changed_letters", "missing", "batch_letters", "undo_batch",
    "import_row",
)  # fmt: skip
CATEGORY_SUBPAGES = ("category_rule", "new_category_rule", "category_changes", "category_letters")
BOARD_SUBPAGES = ("board", "board_figures", "board_people", "board_categories", "confirm_many")
NOTES = MenuEntry(
    "Statusnotat", "notes", ("note", "note_figure", "note_prose", "note_template", "verify_note", "publish_note")
)
HANDOVERS = MenuEntry("Overdrag breve", "handovers", ("handover",))
NOTICE_SUBPAGES = (
    "notice_preview", "dispatch", "notice",
    "pause_dispatch", "stop_dispatch", "refuse_dispatch", "pause_all_mails", "sending_rules",
)  # fmt: skip
NOTICES = MenuEntry(
    "Beskeder",
    "notices",
    tabs=(
        MenuEntry("Send beskeder", "notices", NOTICE_SUBPAGES),
        MenuEntry("Påmindelser", "reminders", ("reminder_steps", "pause_reminders")),
        MenuEntry("Tekster", "texts", ("text", "text_versions", "draft_texts", "draft_text")),
    ),
)
UNREACHED_SUBPAGES = ("unreached_mail", "resolve_mail")
DELIVERY = MenuEntry(
    "Levering",
    "not_reached",
    tabs=(
        MenuEntry(
            "Ikke nået",
            "not_reached",
            UNREACHED_SUBPAGES,
            lambda user: Delivery.objects.awaiting_resolution().people(),
        ),
        MenuEntry(
            "Indgående post",
            "incoming",
            ("incoming_mail", "answer_incoming"),
            lambda user: IncomingMail.objects.needing_attention(),
        ),
        MenuEntry("Alarmer", "alarms", ("end_alarm", "silent_mails"), lambda user: Alarm.objects.untaken()),
    ),
)


def menu_entries_for(roles: Iterable[str]) -> list[MenuEntry]:
    """Return the menu of a user with these roles; the most powerful role decides."""
    held = set(roles)
    if Role.KIT_ADMIN in held:
        return [
            MenuEntry("Hændelsen", "incident", ("withdrawn_letters",)),
            MenuEntry("Indlæs liste", "imports", IMPORT_SUBPAGES),
            NOTICES,
            DELIVERY,
            ESCALATIONS,
            MISSING_OWNER,
            MenuEntry("Personer", "people", ("staff_import",)),
            MenuEntry("Emneområder", "categories", CATEGORY_SUBPAGES),
            MenuEntry("Overblik", "boards", BOARD_SUBPAGES),
            NOTES,
            OWN_LETTERS,
        ]
    if held & {Role.DIT_SUPPORT, Role.HR}:
        return [ESCALATIONS, MenuEntry("Overblik", "boards", BOARD_SUBPAGES), OWN_LETTERS, HELP]
    if Role.COORDINATOR in held:
        boards = MenuEntry("Min forvaltning", "boards", BOARD_SUBPAGES, decisions_waiting)
        return [MY_LETTERS, boards, NOTES, HANDOVERS, MISSING_OWNER, HELP]
    if Role.LEADER in held:
        return [MY_LETTERS, MenuEntry("Min enhed", "boards", BOARD_SUBPAGES, decisions_waiting), HANDOVERS, HELP]
    if Role.READER in held:
        return [NOTES, MenuEntry("Overblik", "boards", BOARD_SUBPAGES), OWN_LETTERS, HELP]
    return [MY_LETTERS, GUIDE, GLOSSARY]


def build_menu(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """Return the menu as `[{page, label, url, is_current, waiting, tabs}]`.

    Only the current line has tabs, which are dicts of the same form. A page that belongs to several lines or tabs
    passes `lies_under` to the template; see `base.html`.
    """
    here = request.resolver_match.url_name if request.resolver_match else None
    lines = menu_entries_for(user.roles)
    counts = count_rows(lines, user)
    shown = [entry for entry in lines if entry.needed is None or counts[entry.needed]]
    return [build_menu_line(entry, here, counts) | {"tabs": build_menu_tabs(entry, here, counts)} for entry in shown]


def count_rows(lines: Iterable[MenuEntry], user: User) -> dict[Rows | None, int]:
    """Return {`waiting` or `needed`: number of rows} of the lines and tabs. One query."""
    asked = [rows for entry in lines for one in (entry, *entry.tabs) for rows in (one.waiting, one.needed) if rows]
    if not asked:
        return {}
    counts = [RowCount(rows(user).order_by()) for rows in asked]
    return dict(zip(asked, User.objects.values_list(*counts).get(pk=user.pk), strict=True))


def build_menu_line(entry: MenuEntry, here: str | None, counts: Mapping[Rows | None, int]) -> dict[str, Any]:
    """Return the template's dict of a menu line. The count of a line includes the counts of the line's tabs."""
    return {
        "page": entry.page,
        "label": entry.label,
        "url": reverse(entry.page),
        "is_current": entry.covers(here),
        "waiting": sum(counts.get(one.waiting, 0) for one in (entry, *entry.tabs)),
    }


def build_menu_tabs(entry: MenuEntry, here: str | None, counts: Mapping[Rows | None, int]) -> list[dict[str, Any]]:
    """Return the tabs of the current line, or [] if the line has fewer than two tabs."""
    has_tabs = len(entry.tabs) > 1 and entry.covers(here)
    return [build_menu_line(tab, here, counts) for tab in entry.tabs] if has_tabs else []


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Return `{menu, affiliation, viewing_left, incident, now, today, is_demo}`.

    Values that need the database are lazy: a query runs when a template uses the value.
    """
    now = timezone.now()
    user: Any = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)

    def affiliation() -> str:
        """Return the name of the user's unit, otherwise the label of the user's role, otherwise ""."""
        return user.unit.name if user.unit else next((role.label for role in Role if role in user.roles), "")

    return {
        "menu": SimpleLazyObject(lambda: build_menu(request, user) if signed_in else []),
        "affiliation": SimpleLazyObject(lambda: affiliation() if signed_in else ""),
        "viewing_left": user.viewed_until - now if signed_in and user.viewed_until else None,
        "incident": SimpleLazyObject(Incident.objects.current) if signed_in else None,
        "now": now,
        "today": danish.local_date(now),
        "is_demo": settings.DEMO,
    }
