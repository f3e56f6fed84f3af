"""The data of the demo (demo_data.toml), and the personas that a demo user can sign in as."""

import tomllib
from datetime import date
from pathlib import Path
from typing import NamedTuple

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat, LPad, Mod

from letters.importing.rows import unit_matching
from letters.importing.rows.unit_matching import UnitPath
from sepo_incident.accounts import users
from sepo_incident.accounts.models import Membership, Unit, User

DATA = tomllib.loads(Path(__file__).with_name("demo_data.toml").read_text(encoding="utf-8"))


class Persona(NamedTuple):
    """A person to sign in as. `membership` is a role at `place`, the name of a unit or "" for the root."""

    key: str
    name: str
    email: str
    role: str
    does: str
    membership: str
    place: str


PERSONAS = [Persona(*row) for row in DATA["personas"]]


def find_user_by_key(key: str) -> User | None:
    persona = next((persona for persona in PERSONAS if persona.key == key), None)
    return _find_user(persona.name) if persona else None


def list_personas() -> list[Persona]:
    """Return the personas that exist in the database, the sender first."""
    names = set(
        User.objects.filter(is_active=True, name__in=[one.name for one in PERSONAS]).values_list("name", flat=True)
    )
    return [persona for persona in PERSONAS if persona.name in names]


def _find_user(name: str) -> User | None:
    return User.objects.filter(is_active=True, name=name).order_by("pk").first()


def create_staff_users() -> None:
    """Create the people whom no list contains: KIT, DIT, Personalejura, a coordinator and the secretariat."""
    for persona in PERSONAS:
        if persona.email:
            user = User.objects.create_user(persona.email, persona.name)
            Membership.objects.create(user=user, unit=_get_unit(persona.place), role=persona.membership)


def give_phone_numbers() -> None:
    """Give every person a fictive phone number, as a staff file would: lists of letters have none."""
    last_digits = LPad(Cast(Mod(F("pk"), Value(8000)), CharField()), 4, Value("0"))
    User.objects.update(phone=Concat(Value("7080 "), last_digits))


def register_absence(first: date, last: date) -> None:
    """Register that the person in `away` of the data is away, and that the persona answers; nothing in a short list."""
    away, persona = map(_find_user, DATA["away"])
    if away and persona:
        users.register_absence(away, persona, first, last, by=away)


def _get_unit(administration: str) -> Unit:
    """Return the administration of that name, or the root for "".

    A missing unit is created by the import's own matching, so that the import creates no duplicate.
    """
    if not administration:
        return Unit.root()
    unit_matching.create_missing_units([UnitPath(administration, "", "", "")])
    return Unit.objects.get(kind=Unit.Kind.ADMINISTRATION, name=administration)
