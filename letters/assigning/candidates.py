"""Candidates for a missing owner: the people or units that the finder may choose, the likeliest first."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Case, Exists, ExpressionWrapper, F, IntegerField, OuterRef, Q, QuerySet, Value, When

from letters.assigning.unassigned_letters import FINDER_ROLES, missing_owner_of
from letters.models import Letter
from letters.models.letter import TOO_WIDE_KINDS, UNAVAILABLE
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core.forms import search_words

MAX_SUGGESTIONS = 8


class Candidate(NamedTuple):
    """A person or a unit to choose.

    `about` tells the candidate apart, `fits` is the argument for the candidate, if any.
    """

    pk: int
    name: str
    about: str
    fits: str = ""


def reachable_people() -> QuerySet[User]:
    """Return the people who still work here and can be reached by mail."""
    return User.objects.filter(is_active=True).exclude(UNAVAILABLE)


def choosable_people(finder: User) -> QuerySet[User]:
    """Return the people that the finder may choose, in the finder's part of the municipality.

    Koncern IT may choose all.
    """
    if Membership.Role.KIT_ADMIN in finder.roles:
        return reachable_people()
    return reachable_people().filter(unit__in=Unit.objects.at_or_below(finder.unit_ids_with_role(*FINDER_ROLES)))


def choosable_units(finder: User) -> QuerySet[Unit]:
    """Return the units that a letter may have, in the finder's part of the tree."""
    return Unit.objects.at_or_below(finder.unit_ids_with_role(*FINDER_ROLES)).exclude(kind__in=TOO_WIDE_KINDS)


def choosable_assignees(what: str, finder: User) -> QuerySet[Any]:
    """Return the units or the people that the finder may choose, depending on `what`."""
    return choosable_units(finder) if what == "enhed" else choosable_people(finder).select_related("unit")


def suggest_candidates(
    letter: Letter, what: str, words: str, finder: User, *, is_asked: bool = True
) -> list[Candidate]:
    """Return at most `MAX_SUGGESTIONS` candidates, the likeliest first.

    First comes the best match with the list, then candidates with most of the words, the nearest to the letter first.
    If nobody asked for the words (not `is_asked`), the words only affect the order.
    """
    found = choosable_assignees(what, finder)
    things, fits = list(_rank_by_nearness(found, letter.unit, what, words, is_asked=is_asked)), ""
    thing: Unit | User | None = None
    if what == "enhed" and letter.sender_id:
        thing, fits = found.filter(people=letter.sender_id).first(), f"{letter.sender} arbejder her"
    elif what != "enhed" and (best := _person_named_on_list(found, letter, what)):
        thing, fits = best
    if thing:
        things = [thing, *(other for other in things if other != thing)]
    return [
        one._replace(fits=fits if thing and not at else "")
        for at, one in enumerate(to_candidates(things[:MAX_SUGGESTIONS]))
    ]


def search_people(words: str, found: QuerySet[User], unit: Unit | None) -> list[Candidate]:
    """Return at most `MAX_SUGGESTIONS` people: most of the words first, then nearest to the unit.

    Without words, return the nearest.
    """
    return to_candidates(
        list(_rank_by_nearness(found.select_related("unit"), unit, "person", words, is_asked=True))[:MAX_SUGGESTIONS]
    )


def to_candidates(things: Sequence[User | Unit]) -> list[Candidate]:
    """Convert people or units to candidates, with at most a single query."""
    above = Unit.objects.in_bulk({pk for thing in things if isinstance(thing, Unit) for pk in thing.lineage[1:-1]})

    def describe(thing: User | Unit) -> list[str]:
        if isinstance(thing, Unit):
            return [above[pk].name for pk in reversed(thing.lineage[1:-1])]
        return [thing.email, thing.unit.name] if thing.unit else [thing.email]

    return [Candidate(thing.pk, thing.name, ", ".join(describe(thing))) for thing in things]


def _person_named_on_list(found: QuerySet[User], letter: Letter, what: str) -> tuple[User, str] | None:
    """Return the single person with the name on the list, in the unit or else in the administration of the unit.

    If the list names no leader, return the single leader of the unit.
    """
    missing, lineage = missing_owner_of(letter, what), letter.unit.lineage if letter.unit else []
    if missing.name and not missing.is_unavailable:
        named = found.filter(name__iexact=missing.name)
        for unit in [*lineage[-1:], *lineage[1:2]]:
            if one := _get_if_single(named.filter(unit__lineage__contains=[unit])):
                return one, "Navnet passer"
    elif what == "leder":
        held = Membership.objects.filter(user=OuterRef("pk"), unit=letter.unit_id, role=Membership.Role.LEADER)
        if one := _get_if_single(found.filter(Exists(held))):
            return one, "Leder enheden"
    return None


def _get_if_single[Thing: User](things: QuerySet[Thing]) -> Thing | None:
    two = list(things[:2])
    return two[0] if len(two) == 1 else None


def _rank_by_nearness(
    found: QuerySet[Any], unit: Unit | None, what: str, words: str, *, is_asked: bool
) -> QuerySet[Any]:
    lineage = unit.lineage if unit else []
    path, order = ("", "sort_key") if what == "enhed" else ("unit__", "name")
    passed = [
        When(**{f"{path}lineage__contains": [pk]}, then=Value(depth)) for depth, pk in enumerate(lineage, start=1)
    ]
    nearness = Case(*reversed(passed), default=Value(0), output_field=IntegerField())
    holds = [
        Q(name__icontains=word) if what == "enhed" else Q(name__icontains=word) | Q(email__icontains=word)
        for word in search_words(words)
    ]
    one_each = (Case(When(one, then=Value(1)), default=Value(0), output_field=IntegerField()) for one in holds)
    hits = sum(one_each, start=Value(0))
    listed = found.annotate(hits=ExpressionWrapper(hits, IntegerField()), nearness=nearness)
    if words and is_asked:
        listed = listed.filter(hits__gt=0)
    return listed.order_by("-hits", "-nearness", F(order), "pk")[: MAX_SUGGESTIONS + 1]
