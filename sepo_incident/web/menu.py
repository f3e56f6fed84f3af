"""The template context of every page: the menu with the number of waiting items, the incident and the time.

Nothing is read from the database for anonymous users, nor before a template uses the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import batched, product
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from followups.models.escalation import AWAITS_ANSWER, visible_escalations
from followups.my_letters.worklist import letters_awaiting_substitute
from followups.rules import letter_state, rights
from letters.incidents import ADDRESS_OF_ALL, incident_in_address, incident_of
from letters.models import Incident
from letters.models.visibility import letter_condition, of_incident, visible_by
from letters.personnel_openings import people_who_wait
from notifications.alarms import heartbeats
from notifications.models import Heartbeat
from notifications.models.alarm import IS_RECENT, UNTAKEN
from notifications.models.delivery_problems import UNANSWERABLE
from notifications.models.delivery_states import awaits_resolution
from notifications.models.incoming_mail import NEEDS_ATTENTION, answers_no_other
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core import danish
from sepo_incident.core.sql_expression import SqlExpression, sql_expression
from sepo_incident.demo import tour
from sepo_incident.web.visible_incidents import has_other_incidents

Role = Membership.Role


class MenuScope(NamedTuple):
    """Whose rows a menu counts: the user, and the incident of the page, or None on a page across incidents.

    `addressed`: the incident that the address names. Queues that span incidents show only the named incident's rows.
    """

    user: User
    incident: Incident | None
    addressed: Incident | None


#: Makes the expression that counts the rows.
type Rows = Callable[[MenuScope], SqlExpression]
#: {`waiting` or `needed` of a menu line: number of rows}
type Counts = Mapping[Rows | None, int]


class MenuEntry(NamedTuple):
    """A line of the menu.

    `page`: name of the URL. `under`: names of other URLs that belong to the line. `waiting`: counts the rows
    that wait for the user. `tabs`: pages beside the line's page, the line's page first. `needed`: counts the rows
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


LETTERS = """letters_letter AS letter
    JOIN letters_incident AS incident ON incident.id = letter.incident_id
    LEFT JOIN followups_followup AS followup ON followup.letter_id = letter.id
    LEFT JOIN followups_escalation AS escalation ON escalation.followup_id = followup.id"""
MAILS = "notifications_incomingmail AS mail"
#: The people of *Ikke nået*, each at an address. Case is no difference between addresses.
PEOPLE_NOT_REACHED = """SELECT count(DISTINCT (delivery.recipient_id, lower(delivery.address)))
    FROM notifications_delivery AS delivery
    JOIN notifications_notice AS notice ON notice.id = delivery.notice_id
    LEFT JOIN notifications_dispatch AS dispatch ON dispatch.id = notice.dispatch_id
    WHERE {awaits_resolution} AND coalesce(dispatch.incident_id = {incident}, true)"""


def count_rows(tables: str, condition: SqlExpression) -> SqlExpression:
    text = f"SELECT count(*) FROM {tables} WHERE {{condition}}"  # noqa: S608  # tables of ours
    return sql_expression(text, {}, condition=condition)


def letters_of(scope: MenuScope) -> SqlExpression:
    """Match the letters that the user sees of the page's incident, or across the incidents that are not closed."""
    seen = visible_by(scope.user) & letter_condition("{letter}.withdrawn_at IS NULL")
    return seen & (of_incident(scope.incident) if scope.incident else rights.INCIDENT_NOT_CLOSED)


def own_letters(scope: MenuScope) -> SqlExpression:
    return count_rows(LETTERS, letters_of(scope) & rights.sent_by([scope.user.pk]))


def letters_waiting(scope: MenuScope) -> SqlExpression:
    """Count the letters in the jobs of *Mine breve*: to decide, send and answer, also as a substitute."""
    waiting = letters_of(scope) & rights.sent_by([scope.user.pk]) & letter_state.is_senders_turn()
    if scope.incident and scope.user.stands_in_for:
        theirs = letters_awaiting_substitute(scope.user, scope.incident)
        waiting |= letter_condition("{letter}.id IN {theirs}", theirs=Subquery(theirs.values("pk")))
    return count_rows(LETTERS, waiting)


def decisions_waiting(scope: MenuScope) -> SqlExpression:
    """Count the letters that wait for confirmation by this user: *Din tur* on the boards."""
    return count_rows(LETTERS, letters_of(scope) & rights.awaits_confirmation_by(scope.user))


def escalations_waiting(scope: MenuScope) -> SqlExpression:
    """Count the questions that the user's desk has not answered."""
    waiting = visible_escalations(scope.user) & AWAITS_ANSWER
    return count_rows(LETTERS, waiting & of_incident(scope.addressed) if scope.addressed else waiting)


def people_waiting(scope: MenuScope) -> SqlExpression:
    """Count the people for whom Personalejura may open personnel cases."""
    people = Subquery(people_who_wait(scope.user).values("pk"))
    return sql_expression("SELECT count(*) FROM {people} AS people", {}, people=people)


def unanswerable_waiting(scope: MenuScope) -> SqlExpression:
    """Count the letters of the page's incident that nobody can answer for."""
    waiting = visible_by(scope.user) & UNANSWERABLE
    return count_rows(LETTERS, waiting & of_incident(scope.incident) if scope.incident else waiting)


def people_not_reached(scope: MenuScope) -> SqlExpression:
    incident = scope.addressed.pk if scope.addressed else None
    awaiting = awaits_resolution(timezone.now())
    return sql_expression(PEOPLE_NOT_REACHED, {}, awaits_resolution=awaiting, incident=incident)


def incoming_waiting(scope: MenuScope) -> SqlExpression:
    """Count the mails that a person must see to."""
    addressed = scope.addressed
    return count_rows(MAILS, NEEDS_ATTENTION & answers_no_other(addressed) if addressed else NEEDS_ATTENTION)


def alarms_waiting(scope: MenuScope) -> SqlExpression:
    return count_rows("notifications_alarm AS alarm", UNTAKEN)


def breaches_waiting(scope: MenuScope) -> SqlExpression:
    """Count the reports of a breach without an opinion of the data protection officer."""
    without_opinion = "NOT EXISTS (SELECT FROM letters_breachopinion WHERE report_id = report.id)"
    return count_rows("letters_breachreport AS report", sql_expression(without_opinion, {}))


def silences_waiting(scope: MenuScope) -> SqlExpression:
    """Count the open alarms of silence."""
    return count_rows("letters_silencealarm AS alarm", sql_expression("alarm.closed_at IS NULL", {}))


def recent_heartbeats(scope: MenuScope) -> SqlExpression:
    """Count the heartbeats of the queues that do not stand still."""
    return count_rows("notifications_heartbeat AS heartbeat", IS_RECENT)


MY_LETTERS = MenuEntry("Mine breve", "my_letters", ("my_reminder",), waiting=letters_waiting)
#: For people whose work is other people's letters, and who may have sent some too.
OWN_LETTERS = MY_LETTERS._replace(needed=own_letters)
GUIDES = ("leader_guide", "kit_guide", "dit_guide", "coordinator_guide", "secretariat_guide", "drafts")
GUIDE = MenuEntry("Vejledning", "guide", GUIDES)
HELP = MenuEntry("Vejledning", "guide", (*GUIDES, "glossary"))
GLOSSARY = MenuEntry("Ordliste", "glossary")
#: Koncern IT gives roles, and Personalejura its own.
ROLES = MenuEntry(
    "Roller",
    "roles",
    (
        "person_access", "give_role", "take_role", "sign_out_person", "remove_keys", "approve_identity", "group_roles",
        "take_group_role", "api_tokens", "end_api_token",
    ),
)  # fmt: skip
ESCALATION_SUBPAGES = ("escalation", "answer_escalations", "standard_answers", "standard_answer", "new_standard_answer")
ESCALATIONS = MenuEntry("Henvendelser", "escalations", ESCALATION_SUBPAGES, escalations_waiting)
ACCESS_REQUEST = MenuEntry("Aktindsigt", "access_request")
#: The desk of Personalejura
HR_DESK = MenuEntry(
    "Henvendelser",
    "escalations",
    tabs=(
        ESCALATIONS,
        MenuEntry("Åbn personalesager", "personnel_openings", waiting=people_waiting),
        ACCESS_REQUEST,
        ROLES,
    ),
)
MISSING_OWNER = MenuEntry(
    "Mangler ansvarlig",
    "unassigned",
    tabs=(
        MenuEntry("Mangler ansvarlig", "unassigned", ("unassigned_group", "new_person")),
        MenuEntry("Ingen kan svare", "nobodys", waiting=unanswerable_waiting),
    ),
)
IMPORT_SUBPAGES = (
    "import_batch", "import_columns", "new_units", "changed_letters", "missing", "batch_letters", "undo_batch",
    "import_row",
)  # fmt: skip
CATEGORY_SUBPAGES = ("category_rule", "new_category_rule", "category_changes", "category_letters")
INCIDENT = MenuEntry(
    "Hændelsen",
    "incident",
    (
        "withdrawn_letters", "incidents", "new_incident", "close_incident", "certificates", "incident_facts",
        "incident_fix", "new_story_row", "story_row", "breach", "breach_register", "administration_plan",
    ),
)  # fmt: skip
#: The line of the data protection officer, who sees the rest of the incident under *Hændelsen*.
BREACHES = MenuEntry("Databrud", "breach_register", ("breach",), waiting=breaches_waiting)
#: The pages of a board pass `lies_under`.
BOARDS = MenuEntry("Overblik", "boards")
NOTES = MenuEntry(
    "Statusnotat", "notes", ("note", "note_figure", "note_prose", "note_template", "verify_note", "publish_note")
)
#: For those who may give access, beside Personalejura
NOTES_AND_ACCESS = NOTES._replace(tabs=(NOTES, ACCESS_REQUEST))
HANDOVERS = MenuEntry("Overdrag breve", "handovers", ("handover",))
NOTICE_SUBPAGES = (
    "notice_preview", "dispatch", "notice",
    "stop_dispatch", "pause_all_mails",
)  # fmt: skip
NOTICES = MenuEntry(
    "Beskeder",
    "notices",
    tabs=(
        MenuEntry("Send beskeder", "notices", NOTICE_SUBPAGES),
        MenuEntry("Påmindelser", "reminders"),
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
            people_not_reached,
        ),
        MenuEntry(
            "Indgående post",
            "incoming",
            ("incoming_mail", "answer_incoming"),
            incoming_waiting,
        ),
        MenuEntry("Alarmer", "alarms", ("end_alarm", "silent_mails"), alarms_waiting),
    ),
)
TRACKING = MenuEntry(
    "Sporing",
    "channels",
    ("channel", "silence", "dispatched_letter", "receipt_statuses", "tracking_files", "tracking_file"),
    silences_waiting,
)
PEOPLE = MenuEntry(
    "Personer",
    "people",
    tabs=(
        MenuEntry("Personer", "people"),
        MenuEntry("Personalefil", "staff_files", ("staff_import",)),
        ROLES,
    ),
)


def menu_entries_for(roles: Iterable[str]) -> list[MenuEntry]:
    """Return the menu of a user with these roles; the most powerful role decides."""
    held = set(roles)
    desk = HR_DESK if Role.HR in held else ESCALATIONS
    if Role.KIT_ADMIN in held:
        return [
            INCIDENT,
            MenuEntry("Indlæs liste", "imports", IMPORT_SUBPAGES),
            NOTICES,
            DELIVERY,
            TRACKING,
            desk,
            MISSING_OWNER,
            PEOPLE,
            MenuEntry("Emneområder", "categories", CATEGORY_SUBPAGES),
            BOARDS,
            NOTES_AND_ACCESS,
            OWN_LETTERS,
        ]
    if held & {Role.DIT_SUPPORT, Role.HR}:
        return [desk, BOARDS, OWN_LETTERS, HELP]
    if Role.COORDINATOR in held:
        boards = MenuEntry("Min forvaltning", "boards", ("administration_plan",), decisions_waiting)
        return [MY_LETTERS, boards, NOTES_AND_ACCESS, HANDOVERS, MISSING_OWNER, HELP]
    if Role.LEADER in held:
        return [MY_LETTERS, MenuEntry("Min enhed", "boards", waiting=decisions_waiting), HANDOVERS, HELP]
    if Role.ADVISER in held:
        return [BREACHES, INCIDENT._replace(under=("certificates",)), BOARDS, NOTES, OWN_LETTERS, HELP]
    if Role.READER in held:
        return [BOARDS, NOTES, INCIDENT, OWN_LETTERS, HELP]
    return [MY_LETTERS, GUIDE, GLOSSARY]


def count_rows_of_frame(request: HttpRequest, user: User) -> Counts:
    """Return {`waiting` or `needed`: number of rows} of the menu, and for KIT the recent heartbeats. One query."""
    scope = MenuScope(user, incident_of(request), incident_in_address(request))
    more = [recent_heartbeats] if Role.KIT_ADMIN in user.roles else []
    return count_rows_of_each(menu_entries_for(user.roles), [scope], more)[0]


def build_menu(request: HttpRequest, user: User, counts: Counts) -> list[dict[str, Any]]:
    """Return the menu as `[{page, label, url, is_current, waiting, tabs}]`.

    Only the current line has tabs, which are dicts of the same form. A page that belongs to several lines or tabs
    passes `lies_under` to the template; see `base.html`.
    """
    here = request.resolver_match.url_name if request.resolver_match else None
    shown = [entry for entry in menu_entries_for(user.roles) if entry.needed is None or counts[entry.needed]]
    return [build_menu_line(entry, here, counts) | {"tabs": build_menu_tabs(entry, here, counts)} for entry in shown]


def count_rows_of_each(
    lines: Iterable[MenuEntry], scopes: Sequence[MenuScope], more: Sequence[Rows] = ()
) -> list[Counts]:
    """Return {`waiting` or `needed`: number of rows} of the lines and tabs, and of `more`, for each scope of the same
    user. One query.
    """
    of_lines = [rows for entry in lines for one in (entry, *entry.tabs) for rows in (one.waiting, one.needed) if rows]
    asked = list(dict.fromkeys([*of_lines, *more]))
    if not asked or not scopes:
        return [{} for _ in scopes]
    counts = {f"count_{n}": rows(scope) for n, (scope, rows) in enumerate(product(scopes, asked))}
    text = ", ".join(f"{{{name}}}" for name in counts)
    [found] = sql_expression(f"SELECT {text}", {}, **counts).fetch()
    return [dict(zip(asked, part, strict=True)) for part in batched(found, len(asked))]


def build_menu_line(entry: MenuEntry, here: str | None, counts: Counts) -> dict[str, Any]:
    """Return the template's dict of a menu line. The count of a line includes the counts of the line's tabs."""
    return {
        "page": entry.page,
        "label": entry.label,
        "url": reverse(entry.page),
        "is_current": entry.covers(here),
        "waiting": sum(counts.get(one.waiting, 0) for one in (entry, *entry.tabs)),
    }


def build_menu_tabs(entry: MenuEntry, here: str | None, counts: Counts) -> list[dict[str, Any]]:
    """Return the tabs of the current line, or [] if the line has fewer than two tabs."""
    has_tabs = len(entry.tabs) > 1 and entry.covers(here)
    return [build_menu_line(tab, here, counts) for tab in entry.tabs] if has_tabs else []


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Return the values that every page has, for example the menu and the incident.

    `closed_incident`: the closed incident that the page is about, and that refuses the page's forms.
    `other_incidents`: whether the reader has something in an incident besides the page's own.

    Values that need the database are lazy: a query runs when a template uses the value.
    """
    now = timezone.now()
    user: Any = getattr(request, "user", None)
    signed_in = bool(user and user.is_authenticated)

    def affiliation() -> str:
        """Return the name of the user's unit, otherwise the label of the user's role, otherwise ""."""
        return user.unit.name if user.unit else next((role.label for role in Role if role in user.roles), "")

    counts: Any = SimpleLazyObject(lambda: count_rows_of_frame(request, user))

    def is_getting_ready() -> bool:
        return settings.DEMO and tour.is_getting_ready()

    def demo_strip() -> tour.DemoStrip | None:
        """Return the demo's strip, or None while the tables may be missing."""
        if is_getting_ready():
            return None
        page = request.resolver_match.url_name if request.resolver_match else ""
        has_read_mail = page in ("demo_mailbox", "demo_mail")
        return tour.build_strip(incident_of(request), user.name if signed_in else "", has_read_mail=has_read_mail)

    def standstill() -> str:
        """Return the text of the line about silent queues, or "" for no line."""
        if not signed_in or is_getting_ready() or Role.KIT_ADMIN not in user.roles:  # the workers start after the fill
            return ""
        return heartbeats.standstill_title(len(Heartbeat.Queue) - counts[recent_heartbeats])

    return {
        "menu": SimpleLazyObject(lambda: build_menu(request, user, counts) if signed_in else []),
        "standstill_title": SimpleLazyObject(standstill),
        "affiliation": SimpleLazyObject(lambda: affiliation() if signed_in else ""),
        "viewing_left": user.viewed_until - now if signed_in and user.viewed_until else None,
        "incident": SimpleLazyObject(lambda: incident_of(request)) if signed_in else None,
        "closed_incident": getattr(request, "closed_incident", None),
        "incidents_url": ADDRESS_OF_ALL,
        "other_incidents": SimpleLazyObject(lambda: has_other_incidents(request)) if signed_in else False,
        "now": now,
        "today": danish.local_date(now),
        "is_demo": settings.DEMO,
        "demo_strip": SimpleLazyObject(demo_strip) if settings.DEMO else None,
    }
