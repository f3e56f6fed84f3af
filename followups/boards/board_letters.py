"""Which boards a user may open, and which letters a board has for the user: to list, and to count (decision 46)."""

from __future__ import annotations

from django.db.models import Case, F, Q, Value, When

from letters.categories.category_rules import NO_SUBJECT_CATEGORY, PERSONNEL_CATEGORY
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.models.people import UnitQuerySet


def sees_only_as_hr(unit: Unit, user: User, *without: str) -> bool:
    """Return whether the user sees the board as Personalejura alone, so that most letters are left out.

    The roles `without` are not asked.
    """
    others = user.unit_ids_with_other_role(Membership.Role.HR, *without)
    return user.holds_role_over(unit.lineage, Membership.Role.HR) and set(unit.lineage).isdisjoint(others)


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


def only_counts(unit: Unit, user: User) -> bool:
    """Return whether the user counts the letters of the unit, and sees none of them on a list. At most one query."""
    return user.only_counts(unit.lineage) and not units_with_list_for(user).filter(pk=unit.pk).exists()


def shows_only_led_letters(unit: Unit, user: User, *without: str) -> bool:
    """Return whether the board is open to the user only because of led letters, not because of a membership.

    Memberships with a role of `without` are not asked.
    """
    return set(unit.lineage).isdisjoint(user.unit_ids_with_other_role(*without))


def board_letters(unit: Unit, incident: Incident, user: User) -> LetterQuerySet:
    """Return the active letters at or below the unit that the user may see: for lists, files and acts.

    Annotates `shown_category`, the category name that the user may see.
    """
    is_led = shows_only_led_letters(unit, user, Membership.Role.READER)
    letters = _letters_below(unit, Letter.objects.visible_to(user), user, is_led)
    return _with_category(letters.filter(incident=incident))


def counted_letters(unit: Unit, incident: Incident, user: User) -> LetterQuerySet:
    """Return the active letters at or below the unit that the user may count, annotated as `board_letters`."""
    return _with_category(counted_in_every_incident(unit, user).filter(incident=incident))


def counted_in_every_incident(unit: Unit, user: User) -> LetterQuerySet:
    """Return the active letters at or below the unit that the user may count, whatever the incident."""
    return _letters_below(unit, Letter.objects.counted_for(user), user, shows_only_led_letters(unit, user))


def _letters_below(unit: Unit, letters: LetterQuerySet, user: User, is_led: bool) -> LetterQuerySet:
    letters = letters.active().filter(unit__lineage__contains=[unit.pk])
    return letters.with_represented_leader(user) if is_led else letters


def _with_category(letters: LetterQuerySet) -> LetterQuerySet:
    return letters.annotate(
        shown_category=Case(
            When(reader_may_read=False, then=Value(PERSONNEL_CATEGORY)),
            When(category="", then=Value(NO_SUBJECT_CATEGORY)),
            default=F("category"),
        )
    )
