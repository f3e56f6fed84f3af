"""Who you can be in the demo. Staff are made by `fill`; the sender and her leader come with KIT's list."""

from typing import NamedTuple, TypedDict

from letters.importing import places
from letters.importing.places import Place
from letters.samples.cast import FOURTEEN_LETTERS
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


class Button(TypedDict):
    """What the sign-in page shows of a persona."""

    key: str
    name: str
    role: str
    does: str


FROM_THE_LIST = [
    Persona(
        "medarbejder",
        FOURTEEN_LETTERS.name,
        "",
        f"Medarbejder, {FOURTEEN_LETTERS.unit}",
        "Har sendt 14 breve, der ikke kom frem, og beslutter for hvert af dem",
    ),
    Persona(
        "leder",
        FOURTEEN_LETTERS.leader,
        "",
        f"Leder, {FOURTEEN_LETTERS.unit}",
        "Følger enhedens opfølgning og bekræfter den",
    ),
]
STAFF = [
    Persona(
        "koordinator",
        "Lisbeth Krog",
        "lisbeth.krog@buf.example",
        "Koordinator, Børne- og Ungdomsforvaltningen",
        "Ser alle enheder i forvaltningen",
        Role.COORDINATOR,
        FOURTEEN_LETTERS.administration,
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
PERSONAS = [*FROM_THE_LIST, *STAFF]


def find(persona: Persona) -> User | None:
    wanted = {"email": persona.email} if persona.email else {"name": persona.name}
    return User.objects.filter(is_active=True, **wanted).order_by("pk").first()


def find_by_key(key: str) -> User | None:
    return next((find(persona) for persona in PERSONAS if persona.key == key), None)


def personas() -> list[Button]:
    """Those who are in the database, in the order of the case: the sender first."""
    return [
        {"key": one.key, "name": one.name, "role": one.title, "does": one.does}
        for one in PERSONAS
        if find(one) is not None
    ]


def make_staff() -> None:
    """The people whom no list brings: KIT, DIT, Personalejura, a coordinator and the secretariat."""
    for one in STAFF:
        user = User.objects.create_user(one.email, one.name)
        Membership.objects.create(user=user, unit=_unit(one.place), role=one.role)


def _unit(administration: str) -> Unit:
    """The same unit as the import finds, so that neither makes a second one."""
    if not administration:
        return Unit.root()
    places.make([Place(administration, "", "", "")])
    return Unit.objects.get(kind=Unit.Kind.ADMINISTRATION, name=administration)
