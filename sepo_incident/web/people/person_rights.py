"""What a person sees and may do, and why: own letters, led letters, roles and substitutions; and who sees the person's
letters.

The numbers count the letters that the reader may see, like every number on the page.
"""

from django.urls import reverse

from followups.boards.board_letters import units_with_board_for
from sepo_incident.accounts.models import Absence, Membership, User
from sepo_incident.core import danish
from sepo_incident.web.people.person_page import LED, LinkedText, PersonPage
from sepo_incident.web.people.visible_people import person_urls

Role = Membership.Role
#: Role -> what the person sees by the role; {unit} is the unit of the role.
SEEN_BY_ROLE = {
    Role.LEADER: ("brevene i ", ", fordi {name} er leder dér"),
    Role.COORDINATOR: ("brevene i ", ", fordi {name} er koordinator dér"),
    Role.KIT_ADMIN: ("brevene i ", ", fordi {name} er i Koncern IT"),
    Role.DIT_SUPPORT: ("brevene i ", ", fordi {name} er i DIT"),
    Role.HR: ("personalesager i ", " og de breve, nogen spørger om, fordi {name} er i Personalejura"),
    Role.READER: ("tal fra ", ", men ingen breve, fordi {name} er læser dér"),
    Role.ADVISER: ("tal og databrud fra ", ", men ingen breve, fordi {name} er databeskyttelsesrådgiver dér"),
}
#: Role -> what the person may do by the role.
MAY_BY_ROLE = {
    Role.LEADER: "bekræfte beslutninger, sende dem tilbage og overdrage breve i enheden",
    Role.COORDINATOR: "bekræfte beslutninger og finde en ansvarlig til breve, der mangler en, i sin del af kommunen",
    Role.KIT_ADMIN: "indlæse lister, sende beskeder og give roller",
    Role.DIT_SUPPORT: "svare på henvendelser til DIT",
    Role.HR: "svare på henvendelser til Personalejura og beslutte om de personalesager, der er overdraget",
    Role.READER: "læse tal og statusnotater",
    Role.ADVISER: "skrive udtalelser om databrud og læse tal og statusnotater",
}
PEOPLE_NAMED = 6


def list_rights(page: PersonPage) -> list[tuple[str, list[LinkedText]]]:
    """Return the rows of *Hvad ser Karen, og hvorfor?*: (question, sentences that answer it)."""
    rows = [(f"{page.name} ser", _seen_letters_text(page)), (f"{page.name} må", _permissions_text(page))]
    others = _other_readers_text(page)
    return [*rows, (f"Andre, der ser {page.genitive} breve", others)] if others else rows


def _roles(page: PersonPage) -> list[Membership]:
    return list(page.person.memberships.select_related("unit").order_by("role", "unit__sort_key"))


def _seen_letters_text(page: PersonPage) -> list[LinkedText]:
    name, sentences = page.name, []
    if own := page.number:
        sentences.append([_linked_count(page, own, "ALL"), (f", fordi {name} er afsender.", "")])
    if led := page.led_letters:
        them = "det" if led == 1 else "dem"
        sentences.append([_linked_count(page, led, LED), (f", fordi {name} er leder for {them}.", "")])
    roles = _roles(page)
    units = [held.unit_id for held in roles]
    boards = set(units_with_board_for(page.reader).filter(pk__in=units).values_list("pk", flat=True))
    for held in roles:
        before, after = SEEN_BY_ROLE[Role(held.role)]
        url = reverse("board", args=[held.unit_id]) if held.unit_id in boards else ""
        unit = "hele kommunen" if held.unit.is_root else held.unit.name
        sentences.append([(danish.capitalized(before), ""), (unit, url), (f"{after.format(name=name)}.", "")])
    # told to a reader who knows about the person
    represented = list(User.objects.filter(pk__in=page.person.stands_in_for)) if page.shows_history else []
    if represented:
        names = danish.join_with_and([one.name for one in represented])
        sentences.append([(f"Det, {names} ser som afsender og leder, fordi {name} er stedfortræder i dag.", "")])
    if not roles and not led and not represented:
        known = f"{name} er ikke leder og ikke stedfortræder for nogen i dag, så {name} ser ikke andres breve."
        sentences.append([(known if page.shows_history else f"Du ser ikke, om {name} også ser andres breve.", "")])
    return sentences


def _linked_count(page: PersonPage, number: int, shown: str) -> tuple[str, str]:
    return danish.count(number, "brev", "breve"), page.list_url(shown) if page.incident else ""


def _permissions_text(page: PersonPage) -> list[LinkedText]:
    may = []
    if page.number:
        may.append("Beslutte, markere som sendt og vise bevis for egne breve. Brevets leder bekræfter.")
    may += [
        f"{danish.capitalized(MAY_BY_ROLE[Role(role)])}." for role in dict.fromkeys(one.role for one in _roles(page))
    ]
    if not page.person.is_active or page.person.left_on:
        may = ["Ikke logge ind længere."]
    return [[(sentence, "")] for sentence in may or [f"Logge ind og se, om {page.name} har breve."]]


def _other_readers_text(page: PersonPage) -> list[LinkedText]:
    """Return who else sees the person's letters, if the reader sees any of them."""
    if not page.number:
        return []
    people = _people_who_see(page)
    urls = person_urls(page.reader, people)
    text: LinkedText = []
    for pk, (name, why) in list(people.items())[:PEOPLE_NAMED]:
        text += [(name, urls.get(pk, "")), (f" ({why}), ", "")]
    text.append(("Koncern IT og DIT.", ""))
    if not page.all_letters.filter(is_personnel_case=True).exists():
        return [text]
    readers = f"{page.name}, brevets leder, en stedfortræder, som lederen har valgt, og Personalejura"
    return [text, [(f"Emnet i en personalesag ser kun {readers}.", "")]]


def _people_who_see(page: PersonPage) -> dict[int, tuple[str, str]]:
    """Return {id: (name, why)}: the leaders of the letters, substitutes of today, and those in charge of the unit."""
    people = {one.person.pk: (one.person.name, "leder") for one in page.leaders}
    away = Absence.objects.stand_ins(page.today, [page.person.pk]).get(page.person.pk) if page.shows_history else None
    if away and away.user:
        people.setdefault(away.user, (away.name, "stedfortræder i dag"))
    for one in page.above:
        label = f"{one.get_role_display()} i {one.unit.short_name}"
        people.setdefault(one.user_id, (one.user.name, label))
    return people
