"""Whose page a reader may open, and whose page says more than the letters that the two share."""

from collections.abc import Collection
from functools import reduce
from operator import and_

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.urls import reverse

from letters.models import Letter
from sepo_incident.accounts.models import Membership, Unit, User

Role = Membership.Role
#: Roles that open no person's page by themselves: HR sees personnel cases only, and some count (decision 46).
ROLES_WITHOUT_PEOPLE = (Role.HR, *Membership.COUNTING_ROLES)


def people_visible_to(user: User) -> QuerySet[User]:
    """Return the people whose page the user may open. During an impersonation the viewer must be able to as well.

    They are the user, the senders and leaders of the letters that the user may see, and the people of the units where
    the user holds a role. Koncern IT opens every page.
    """
    return User.objects.filter(reduce(and_, map(_opens_page, user.effective_viewers)))


def person_urls(reader: User, pks: Collection[int]) -> dict[int, str]:
    """Return {id: address of the page} of the people whose page the reader may open. One query."""
    openable = people_visible_to(reader).filter(pk__in=pks).values_list("pk", flat=True)
    return {pk: reverse("person", args=[pk]) for pk in openable}


def _opens_page(user: User) -> Q:
    if Role.KIT_ADMIN in user.roles:
        return Q()
    units = Unit.objects.at_or_below(user.unit_ids_with_other_role(*ROLES_WITHOUT_PEOPLE))
    return Q(pk=user.pk) | Q(unit__in=units) | _shares_letter(user, "sender") | _shares_letter(user, "leader")


def _shares_letter(user: User, role: str) -> Q:
    """Match the people who are the `role` of a letter that the user may see.

    PostgreSQL would answer EXISTS by reading all letters once (150 ms of 100.000); a subquery with a limit looks up the
    letters of each person.
    """
    letters = Letter.objects.visible_to(user).order_by().filter(**{role: OuterRef("pk")})
    return Q(IsNull(Subquery(letters.values("pk")[:1]), False))


def may_see_history(reader: User, person: User) -> bool:
    """Return whether the reader may see the person's absences and the history of the person's access.

    The reader is the person, holds a role over the person's unit, or belongs to Koncern IT.
    """
    lineage = person.unit.lineage if person.unit else []
    return all(
        one.pk == person.pk or Role.KIT_ADMIN in one.roles or one.roles_over(lineage) - set(ROLES_WITHOUT_PEOPLE)
        for one in reader.effective_viewers
    )
