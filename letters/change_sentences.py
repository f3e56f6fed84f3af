"""Danish sentences about the changes of a letter, for example «rettede lederen fra Jens Ågård til Anne Holm»."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from letters import recipient_keys
from letters.models import Letter, LetterChange
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import danish

Kind = LetterChange.Kind
Values = dict[str, Any]


@dataclass(frozen=True)
class NamesById:
    """The names of the people and units in a list of changes, by id."""

    people: dict[int, str]
    units: dict[int, str]

    @classmethod
    def for_changes(cls, changes: Iterable[LetterChange]) -> NamesById:
        """Return the names for `changes`, with at most two queries."""
        sides = [side for change in changes for side in (change.before, change.after)]
        people = {side.get(name) for side in sides for name in ("sender_id", "leader_id")} - {None}
        units = {side.get("unit_id") for side in sides} - {None}
        return cls(
            dict(User.objects.filter(pk__in=people).values_list("pk", "name")) if people else {},
            dict(Unit.objects.filter(pk__in=units).values_list("pk", "name")) if units else {},
        )


def _person_name_reader(who: str) -> Callable[[Values, NamesById], str]:
    def told(side: Values, names: NamesById) -> str:
        return names.people.get(side.get(f"{who}_id") or 0, "") or side.get(f"{who}_name") or "ingen"

    return told


def _recipient_code(side: Values, names: NamesById) -> str:
    code = recipient_keys.short_recipient_code(key := side["recipient_key"])
    return f"kode {code}" if code else key or "ingen"


def _date_in_subject(side: Values, names: NamesById) -> str:
    return danish.date(date.fromisoformat(side["named_on"])) if side["named_on"] else "ingen"


#: (Danish name of the fact, columns, function that words a side of a change, whether the fact is as secret as the
#: subject)
FACT_WORDINGS: list[tuple[str, tuple[str, ...], Callable[[Values, NamesById], str], bool]] = [
    ("afsenderen", ("sender_id", "sender_name"), _person_name_reader("sender"), False),
    ("lederen", ("leader_id", "leader_name"), _person_name_reader("leader"), False),
    ("enheden", ("unit_id",), lambda side, names: names.units.get(side["unit_id"], "ingen"), False),
    ("tidspunktet", ("sent_at",), lambda side, names: danish.moment(datetime.fromisoformat(side["sent_at"])), False),
    ("modtagertypen", ("recipient_kind",), lambda side, _: Letter.RecipientKind(side["recipient_kind"]).label, False),
    ("modtageren", ("recipient_key",), _recipient_code, True),
    ("emnet", ("subject",), lambda side, _: f"»{side['subject']}«" if side["subject"] else "intet emne", True),
    ("datoen i emnet", ("named_on",), _date_in_subject, True),
    ("emneområdet", ("category",), lambda side, names: side["category"] or "intet", True),
    ("mærket »Har en dato«", ("has_deadline",), lambda side, names: "ja" if side["has_deadline"] else "nej", True),
]
#: Facts that the import derives from the subject.
DERIVED_FROM_SUBJECT = {"named_on", "category", "has_deadline"}


def describe_changes(changes: list[LetterChange], letter: Letter) -> list[tuple[LetterChange, str]]:
    """Return (change, Danish predicate) for the changes of a letter, for example «trak brevet tilbage: »…««.

    The predicate goes after the name of a person. Values as secret as the subject are told only to a user who may
    read the letter. If the letter has been a personnel case and is none now, such values are told to nobody, because
    the old values remain secret. Changes without anything to tell are left out.
    """
    names = NamesById.for_changes(changes)
    was_secret = any("is_personnel_case" in change.before for change in changes)
    tells_secrets = letter.reader_may_read and (letter.is_personnel_case or not was_secret)
    return [
        (change, sentence)
        for change in changes
        if (sentence := _describe_change(change, names, tells_secrets=tells_secrets))
    ]


def _describe_change(change: LetterChange, names: NamesById, *, tells_secrets: bool) -> str:
    if change.is_by_rules:
        return _describe_rule_change(change, tells_secrets=tells_secrets)
    predicates = []
    if change.kind == Kind.WITHDRAWN:
        predicates.append("trak brevet tilbage")
    elif change.kind == Kind.REINSTATED:
        predicates.append("satte brevet på listen igen")
    if corrected := _describe_corrections(change, names, tells_secrets=tells_secrets):
        predicates.append(f"rettede {danish.join_with_and(corrected)}")
    if "is_personnel_case" in change.after:
        now = "til" if change.after["is_personnel_case"] else "ikke længere til"
        predicates.append(f"gjorde brevet {now} en personalesag")
    if not predicates:
        return ""
    why = f": »{change.reason}«" if change.reason else " efter en ny liste." if change.batch_id else "."
    return danish.join_with_and(predicates) + why


def _describe_rule_change(change: LetterChange, *, tells_secrets: bool) -> str:
    """Return the predicate for the rules: «gav brevet emneområdet Møder i stedet for Høringer.»"""
    old, new = change.before, change.after
    predicates = []
    if tells_secrets and "category" in new:
        instead = f" i stedet for {old['category']}" if old["category"] else ""
        predicates.append(f"gav brevet emneområdet {new['category']}{instead}")
    if tells_secrets and "has_deadline" in new:
        predicates.append(
            "mærkede brevet »Har en dato«" if new["has_deadline"] else "tog mærket »Har en dato« af brevet"
        )
    if "is_personnel_case" in new:
        predicates.append("gjorde brevet til en personalesag")
    return f"{danish.join_with_and(predicates)}." if predicates else ""


def _describe_corrections(change: LetterChange, names: NamesById, *, tells_secrets: bool) -> list[str]:
    """Return for example «afsenderen fra Anne Holm til Jens Ågård» for every corrected fact.

    A fact derived from the subject is left out beside a changed subject, and for a user who may not read the subject:
    from the result of KIT's own rules, KIT could tell the words in the subject.
    """
    corrections = []
    for fact_name, columns, read, is_secret in FACT_WORDINGS:
        if not any(name in change.after for name in columns):
            continue
        if DERIVED_FROM_SUBJECT.issuperset(columns) and ("subject" in change.after or not tells_secrets):
            continue
        if is_secret and not tells_secrets:
            corrections.append(fact_name)
            continue
        old, new = read(change.before, names), read(change.after, names)
        corrections.append(f"{fact_name} fra {old} til {new}" if old != new else fact_name)
    return corrections
