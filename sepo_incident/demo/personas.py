"""Who you can be in the demo. Staff are made by `fill`; the sender and her leader come with KIT's list."""

from typing import NamedTuple, TypedDict

from letters.importing.rows import unit_matching
from letters.importing.rows.unit_matching import UnitPath
from letters.samples.sample_people import SENDER_OF_FOURTEEN
from sepo_incident.accounts.models import Membership, Unit, User

Role = Membership.Role
MUNICIPALITY = ""  # the top of the tree


class Persona(NamedTuple):
    """``role`` is what they hold at ``place`` (a unit's name, "" for the whole municipality); "" is no role at all."""

    key: str
    name: str
    email: str
    title: str
    does: str
    role: str = ""
    place: str = MUNICIPALITY


class PersonaButton(TypedDict):
    """What the sign-in page shows of a persona."""

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
    """Those who are in the database, in the order of the case: the sender first."""
    return [
        {"key": one.key, "name": one.name, "role": one.title, "does": one.does}
        for one in PERSONAS
        if find_user(one) is not None
    ]


def create_staff_users() -> None:
    """The people whom no list brings: KIT, DIT, Personalejura, a coordinator and the secretariat."""
    for one in STAFF_PERSONAS:
        user = User.objects.create_user(one.email, one.name)
        Membership.objects.create(user=user, unit=_get_unit(one.place), role=one.role)


def _get_unit(administration: str) -> Unit:
    """The same unit as the import finds, so that neither makes a second one."""
    if not administration:
        return Unit.root()
    unit_matching.create_missing_units([UnitPath(administration, "", "", "")])
    return Unit.objects.get(kind=Unit.Kind.ADMINISTRATION, name=administration)
