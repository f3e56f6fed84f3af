"""The personas that a demo user can sign in as.

``create_staff_users`` creates the staff; the sender and her leader come with KIT's list.
"""

from typing import NamedTuple, TypedDict

from letters.importing.rows import unit_matching
from letters.importing.rows.unit_matching import UnitPath
from letters.samples.sample_data import SENDER_OF_FOURTEEN
from sepo_incident.accounts.models import Membership, Unit, User

Role = Membership.Role
MUNICIPALITY = ""  # the root of the unit tree


class Persona(NamedTuple):
    """A person to sign in as.

    ``role``: the role at ``place``; "" for none. ``place``: the name of a unit, "" for the whole municipality.
    """

    key: str
    name: str
    email: str
    title: str
    does: str
    role: str = ""
    place: str = MUNICIPALITY


class PersonaButton(TypedDict):
    """A persona as a button on the sign-in page."""

    key: str
    name: str
    role: str
    does: str


LIST_PERSONAS = [
    Persona(
        "medarbejder",
        SENDER_OF_FOURTEEN.name,
        "",
        f"Medarbejder, {SENDER_OF_FOURTEEN.unit}",
        "Har sendt 14 breve, der ikke kom frem, og beslutter for hvert af dem",
    ),
    Persona(
        "leder",
        SENDER_OF_FOURTEEN.leader,
        "",
        f"Leder, {SENDER_OF_FOURTEEN.unit}",
        "Følger enhedens opfølgning og bekræfter den",
    ),
]
STAFF_PERSONAS = [
    Persona(
        "koordinator",
        "Lisbeth Krog",
        "lisbeth.krog@buf.example",
        "Koordinator, Børne- og Ungdomsforvaltningen",
        "Ser alle enheder i forvaltningen",
        Role.COORDINATOR,
        SENDER_OF_FOURTEEN.administration,
    ),
    Persona(
        "kit",
        "Mette Dahl",
        "mette.dahl@kit.example",
        "Koncern IT",
        "Indlæser listen, sender varsler og følger med",
        Role.KIT_ADMIN,
    ),
    Persona(
        "dit",
        "Pia Skov",
        "pia.skov@dit.example",
        "DIT, support",
        "Hjælper dem, der beder om hjælp",
        Role.DIT_SUPPORT,
    ),
    Persona(
        "hr",
        "Ulrik Sand",
        "ulrik.sand@hr.example",
        "Personalejura og Forhandling",
        "Ser personalesagerne og hjælper med dem",
        Role.HR,
    ),
    Persona(
        "sekretariat",
        "Grethe Falk",
        "grethe.falk@sekretariat.example",
        "Udvalgssekretariat",
        "Læser tallene til statusnotatet",
        Role.READER,
    ),
]
PERSONAS = [*LIST_PERSONAS, *STAFF_PERSONAS]


def find_user(persona: Persona) -> User | None:
    wanted = {"email": persona.email} if persona.email else {"name": persona.name}
    return User.objects.filter(is_active=True, **wanted).order_by("pk").first()


def find_user_by_key(key: str) -> User | None:
    return next((find_user(persona) for persona in PERSONAS if persona.key == key), None)


def list_persona_buttons() -> list[PersonaButton]:
    """Return the personas that exist in the database, the sender first."""
    return [
        {"key": one.key, "name": one.name, "role": one.title, "does": one.does}
        for one in PERSONAS
        if find_user(one) is not None
    ]


def create_staff_users() -> None:
    """Create the people whom no list contains: KIT, DIT, Personalejura, a coordinator and the secretariat."""
    for one in STAFF_PERSONAS:
        user = User.objects.create_user(one.email, one.name)
        Membership.objects.create(user=user, unit=_get_unit(one.place), role=one.role)


def _get_unit(administration: str) -> Unit:
    """Return the administration of that name, or the root for "".

    A missing unit is created by the import's own matching, so that the import creates no duplicate.
    """
    if not administration:
        return Unit.root()
    unit_matching.create_missing_units([UnitPath(administration, "", "", "")])
    return Unit.objects.get(kind=Unit.Kind.ADMINISTRATION, name=administration)
