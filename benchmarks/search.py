"""Measure the search in the header, by role and by what is searched for: `make bench-search` or

    .venv/bin/python benchmarks/search.py [--letters 3400 100000] [--times 20]

Prints the queries and the median milliseconds in the server of what htmx asks for while somebody types. Beside 100.000
letters there are ten times as many people. Runs real engines in a separate data folder.
"""

import argparse

from copied_letters import multiply_letters, multiply_people
from filled_database import filled_database, measure_request, signed_in

#: More letters than the sample has are copies, and this many copies of each person come with them.
SAMPLE, COPIES_OF_PEOPLE = 3400, 9
#: The first is a lookup, the last two are what somebody has typed on the way to a longer word.
KINDS = ("person", "brev-id", "code", "subject", "unit", "two words", "in", "sk")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, nargs="+", default=[3400, 100_000])
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    with filled_database(min(SAMPLE, *asked.letters)):
        for number, letters in enumerate(sorted(asked.letters)):
            if number:
                multiply_letters(letters)
                multiply_people(COPIES_OF_PEOPLE)
            print_table(letters, asked.times)


def print_table(letters: int, times: int) -> None:
    from django.urls import reverse

    from sepo_incident.accounts.models import User

    clients = {role: signed_in(user, **{"HX-Request": "true"}) for role, user in list_readers().items()}
    print(f"{letters} letters, {User.objects.count()} people: queries / milliseconds, median of {times}")
    print(f"{'search':<28}" + "".join(f"{name:>16}" for name in clients))
    for kind, text in list_texts().items():
        sends = [lambda client=client: client.post(reverse("search"), {"ord": text}) for client in clients.values()]  # noqa: B023
        cells = [measure_request(send, times) for send in sends]
        print(f"{f'{kind}: {text}':<28.28}" + "".join(f"{f'{queries} / {ms:.0f}':>16}" for queries, ms, _ in cells))


def list_readers() -> dict[str, object]:
    """Return {role: a person with the role}."""
    from sepo_incident.accounts.models import Membership, Unit, User
    from sepo_incident.demo import tour

    reader = User.objects.filter(email="laeser@kk.example").first()
    if reader is None:
        reader = User.objects.create_user("laeser@kk.example", "Sofie Lange", unit=Unit.root())
        Membership.objects.create(user=reader, unit=Unit.root(), role=Membership.Role.READER)
    keys = {
        "KIT": "kit",
        "coordinator": "koordinator",
        "leader": "leder",
        "employee": "medarbejder",
        "HR": "hr",
    }
    return {role: tour.find_user_by_key(key) for role, key in keys.items()} | {"READER": reader}


def list_texts() -> dict[str, str]:
    """Return {kind: text} of the searches. The letter is a readable one of the sender with fourteen letters."""
    from letters.models import Letter
    from letters.samples.sample_letters import SENDER_OF_FOURTEEN

    name, unit = SENDER_OF_FOURTEEN.name, SENDER_OF_FOURTEEN.unit
    letters = Letter.objects.filter(sender__name=name, is_personnel_case=False).exclude(recipient_key="")
    letter = letters.order_by("pk").first()
    code = letter.recipient_label.rpartition(" ")[2]
    found = (name, letter.source_ref, code, "partshøring", unit, "indkaldelse samtale", "in", "sk")
    return dict(zip(KINDS, found, strict=True))


if __name__ == "__main__":
    main()
