"""Which boards a user may open, and which letters a board has for the user: to list, and to count (decision 46)."""

from __future__ import annotations

from django.db.models import Case, F, Q, Value, When

from followups.models import FollowUp
from followups.reporting.letter_figures import CountedGroup
from followups.rules import rights
from letters.categories.category_rules import NO_SUBJECT_CATEGORY, PERSONNEL_CATEGORY
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from letters.models.visibility import counted_by, in_unit_trees, letter_condition, of_incident, visible_by
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.models.people import UnitQuerySet
from sepo_incident.core import danish
from sepo_incident.core.sql_expression import SqlExpression

Role = Membership.Role


def opens_by_membership(unit: Unit, user: User, *, is_list: bool) -> bool:
    """Tell whether a role opens the board of the unit to the user: to list letters, or else to count them.

    Without such a role the board shows the user only led letters.
    """
    return bool(user.roles_over(unit.lineage) - (Membership.COUNTING_ROLES if is_list else set()))


def units_with_board_for(user: User) -> UnitQuerySet:
    """Return the units whose board the user may open.

    Units at or below a unit where the user holds a membership, and units with letters whose leader is the user or a
    person whom the user stands in for. A board of the second sort shows only such letters.
    """
    return Unit.objects.filter(Q(pk__in=Unit.objects.visible_to(user)) | _has_led_letters(user))


def units_with_list_for(user: User) -> UnitQuerySet:
    """Return the units of `units_with_board_for` whose letters the user may list, and not only count."""
    return Unit.objects.filter(Q(pk__in=Unit.objects.listed_for(user)) | _has_led_letters(user))


def _has_led_letters(user: User) -> Q:
    led = Letter.objects.visible_to(user).active().with_represented_leader(user)
    return Q(pk__in=led.values("unit"))


def own_units(user: User) -> list[Unit]:
    """Return the topmost units where the user holds a membership, without units below another such unit."""
    held = set(user.membership_unit_ids)
    units = Unit.objects.visible_to(user).filter(pk__in=held).in_order()
    return [unit for unit in units if held.isdisjoint(unit.lineage[:-1])]


def led_units(user: User) -> list[Unit]:
    """Return the units whose letter list is open to the user only because of led letters."""
    units = units_with_list_for(user).exclude(pk__in=Unit.objects.listed_for(user))
    return list(units.in_order())


def has_letter_list(unit: Unit, user: User) -> bool:
    """Return whether the user, who may open the board of the unit, sees letters there. At most one query."""
    return not user.only_counts(unit.lineage) or units_with_list_for(user).filter(pk=unit.pk).exists()


def board_letters(unit: Unit, incident: Incident, user: User) -> LetterQuerySet:
    """Return the active letters at or below the unit that the user may see: for lists, files and acts.

    Annotates `shown_category`, the category name that the user may see.
    """
    condition = board_condition(unit, user, is_list=True) & of_incident(incident)
    return _with_category(Letter.objects.filter(condition), user)


def counted_letters(unit: Unit, incident: Incident, user: User) -> LetterQuerySet:
    """Return the active letters at or below the unit that the user may count, annotated as `board_letters`."""
    condition = board_condition(unit, user, is_list=False) & of_incident(incident)
    return _with_category(Letter.objects.filter(condition), user)


def counted_in_every_incident(unit: Unit, user: User) -> LetterQuerySet:
    """Return the active letters at or below the unit that the user may count, whatever the incident."""
    return Letter.objects.filter(board_condition(unit, user, is_list=False)).with_right_to_read(user)


def board_condition(unit: Unit, user: User, *, is_list: bool) -> SqlExpression:
    """Match the active letters at or below the unit that the user may see (`is_list`), or may count."""
    condition = letter_condition("{letter}.withdrawn_at IS NULL") & in_unit_trees([unit.pk])
    limited_roles = {Role.HR, *(Membership.COUNTING_ROLES if is_list else ())}
    if not all(viewer.roles_over(unit.lineage) - limited_roles for viewer in user.effective_viewers):
        condition &= visible_by(user) if is_list else counted_by(user)  # else the reader sees each letter of the unit
    if not opens_by_membership(unit, user, is_list=is_list):
        condition &= rights.led_by(user.own_and_represented_ids)
    return condition


def _with_category(letters: LetterQuerySet, user: User) -> LetterQuerySet:
    return letters.with_right_to_read(user).annotate(
        shown_category=Case(
            When(reader_may_read=False, then=Value(PERSONNEL_CATEGORY)),
            When(category="", then=Value(NO_SUBJECT_CATEGORY)),
            default=F("category"),
        ),
    )


def scope_sentence(letters: LetterQuerySet, user: User) -> str:
    """Return «du er leder for», «du tager dig af for Jens Ågård», or both."""
    leaders = User.objects.filter(pk__in=letters.order_by().values("leader"))
    names = sorted((one.name for one in leaders if one.pk != user.pk), key=danish.sort_key)
    own = ["du er leder for"] if any(one.pk == user.pk for one in leaders) else []
    return " eller ".join(own + ([f"du tager dig af for {danish.join_with_and(names)}"] if names else []))


def led_senders(unit: Unit, letters: LetterQuerySet, user: User, people: list[CountedGroup]) -> frozenset[int]:
    """Return the ids of the senders with unfinished letters that the user leads, without the user.

    A user in charge of the unit leads all senders.
    """
    if user.holds_role_over(unit.lineage, *rights.MANAGING_ROLES):
        senders = {group["sender_id"] for group, _ in people}
    else:
        theirs = letters.filter(rights.leads(user), followup__status__in=FollowUp.NOT_DONE)
        senders = set(theirs.order_by().values_list("sender", flat=True).distinct())
    return frozenset(senders - {None, user.pk})
