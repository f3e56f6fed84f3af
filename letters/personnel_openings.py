"""Personnel cases that wait for Personalejura: for whom, why, and the opening of all of a person's letters.

`letters/sql/is_open_to.sql` says to whom a personnel case is open without an opening.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from letters.models import ImportRow, Incident, Letter, LetterChange, PersonnelOpening
from letters.models.letter import LetterQuerySet
from letters.models.visibility import LEADER, SENDER, in_unit_trees, is_open_to
from sepo_incident.accounts.models import EmailChange, Membership, User
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict

#: {field of a letter: who the person is in Danish}
FIELDS = {"sender": "afsender", "leader": "leder"}
OWNERS = {"sender": SENDER, "leader": LEADER}


class WaitingPerson(NamedTuple):
    """A person, the ids of the letters that are not open to the person, and why not, as Danish sentences."""

    person: User
    letters: list[int]
    reasons: list[str]


def waiting_letters(user: User, field: str) -> LetterQuerySet:
    """Return the personnel cases that wait for their sender or leader, and that the user may open as HR over the unit.

    `field`: "sender" or "leader". Nobody opens a letter for oneself.
    """
    cases = Letter.objects.visible_to(user).active().filter(in_unit_trees(user.unit_ids_with_role(Membership.Role.HR)))
    cases = cases.filter(is_personnel_case=True, **{f"{field}__isnull": False}).exclude(**{field: user})
    return cases.exclude(incident__status=Incident.Status.CLOSED).filter(~is_open_to(OWNERS[field]))


def people_who_wait(user: User) -> QuerySet[User]:
    """Return the people for whom the user may open letters."""
    senders, leaders = (waiting_letters(user, field).values(field) for field in FIELDS)
    return User.objects.filter(Q(pk__in=senders) | Q(pk__in=leaders))


def list_waiting_people(user: User) -> list[WaitingPerson]:
    """Return the people for whom the user may open letters, by name. Seven queries."""
    letters: dict[int, set[int]] = defaultdict(set)
    for field in FIELDS:
        for person, letter in waiting_letters(user, field).values_list(field, "pk"):
            letters[person].add(letter)
    people = sorted(
        User.objects.filter(pk__in=letters).select_related("unit"), key=lambda one: danish.sort_key(one.name)
    )
    reasons = explain_waiting({one: letters[one.pk] for one in people})
    return [WaitingPerson(one, sorted(letters[one.pk]), reasons[one.pk]) for one in people]


@transaction.atomic
def open_letters(user: User, person: User, *, address: str, number: int) -> int:
    """Open the letters that wait for the person, at the present address, and return their number.

    The address is known from now on: Personalejura vouches for it, and later lists open by themselves. `address` and
    `number`: what the user saw. Raise Conflict if either has changed; then nothing is opened. The lock on the person
    makes a correction of the address come before the opening or after, never in between.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    waiting = set()
    for field in FIELDS:
        waiting |= set(waiting_letters(user, field).filter(**{field: person}).values_list("pk", flat=True))
    if not waiting or (person.email, len(waiting)) != (address, number):
        raise Conflict
    PersonnelOpening.objects.bulk_create(
        PersonnelOpening(letter_id=pk, user=person, address=person.email.lower(), by=user) for pk in sorted(waiting)
    )
    User.objects.filter(pk=person.pk, address_since=None).update(address_since=timezone.now())
    return len(waiting)


def explain_waiting(waiting: Mapping[User, set[int]]) -> dict[int, list[str]]:
    """Return {person id: who typed, assigned or changed what, and when} of the waiting letters. Four queries."""
    letters = Letter.objects.in_bulk({pk for some in waiting.values() for pk in some})
    address_changes, typed = _address_changes(waiting), _typed_cells(letters)
    has_owner = Q(after__has_any_keys=[f"{field}_id" for field in FIELDS])
    changes = LetterChange.objects.filter(has_owner, letter__in=letters).order_by("pk")
    owner_changes = list(changes.select_related("by", "batch"))
    told = {
        person.pk: [
            *_explain_address(person, [letters[pk] for pk in some], address_changes.get(person.pk)),
            *_explain_links(person, some, owner_changes),
            *dict.fromkeys(typed[pk, person.pk] for pk in some if (pk, person.pk) in typed),
        ]
        for person, some in waiting.items()
    }
    return {
        pk: reasons or ["En person eller et Brev-id er skrevet i hånden på en liste."] for pk, reasons in told.items()
    }


def _address_changes(people: Mapping[User, set[int]]) -> dict[int, EmailChange]:
    """Return {person id: last correction of the address}, with `has_new_factor`: a key or an app was added since the
    first correction.
    """
    first = EmailChange.objects.filter(user=OuterRef("user")).order_by("pk").values("at")[:1]
    added = Exists(User.objects.filter(pk=OuterRef("user"), authenticator__created_at__gte=OuterRef("first_at")))
    changes = EmailChange.objects.filter(user__in=people).annotate(first_at=Subquery(first), has_new_factor=added)
    changes = changes.select_related("by").order_by("pk")
    return {change.user_id: change for change in changes}


def _typed_cells(letters: Mapping[int, Letter]) -> dict[tuple[int, int | None], str]:
    """Return {(letter id, person id): who typed the person's address on the check page}."""
    pks = {(letter.batch_id, letter.source_ref): pk for pk, letter in letters.items()}
    rows = ImportRow.objects.filter(
        batch__in={batch for batch, _ in pks}, source_ref__in={ref for _, ref in pks}
    ).exclude(corrections=[])
    typed = {}
    for row in rows:
        if (pk := pks.get((row.batch_id, row.source_ref))) is None:
            continue
        by_field = {one["field"]: one["name"] for one in row.corrections}
        for field in FIELDS:
            if by := by_field.get(f"{field}_email"):
                person = getattr(letters[pk], f"{field}_id")
                typed[pk, person] = f"{by} skrev en adresse på listen, før den blev indlæst."
    return typed


def _explain_address(person: User, letters: list[Letter], change: EmailChange | None) -> Iterator[str]:
    if person.address_since is None and change:
        yield f"{change.by.name} rettede mailadressen fra {change.old} til {change.new} {danish.moment(change.at)}."
        if change.has_new_factor:  # type: ignore[attr-defined]
            yield f"En nøgle eller en app er tilføjet, efter at adressen blev rettet. Er det {person.name} selv?"
    elif person.address_since is None:
        yield "Mailadressen kommer ikke fra en liste eller en personalefil."
    elif any(letter.listed_at < person.address_since for letter in letters):
        yield f"Mailadressen er først kendt fra {danish.moment(person.address_since)}, efter brevene kom."


def _explain_links(person: User, letters: set[int], changes: list[LetterChange]) -> Iterator[str]:
    """Yield «Birgitte Lund satte Jens Ågård på 2 breve som leder 13. januar kl. 10.00.» for each act."""
    acts: Counter[tuple[str, str]] = Counter()
    for change in changes:
        for field, label in FIELDS.items():
            if change.letter_id in letters and change.after.get(f"{field}_id") == person.pk:
                by, source = (
                    change.by.name if change.by else "Koncern IT",
                    f" med listen {change.batch}" if change.batch else "",
                )
                acts[f"{by} satte", f"som {label}{source} {danish.moment(change.at)}"] += 1
    for (start, end), number in acts.items():
        yield f"{start} {person.name} på {danish.count(number, 'brev', 'breve')} {end}."
