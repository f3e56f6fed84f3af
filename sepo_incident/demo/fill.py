"""Fill an empty demo database with people to be."""

from django.db import transaction

from sepo_incident.demo import guard, personas


def fill(letters: int) -> None:
    guard.refuse_outside_demo()
    with transaction.atomic():
        personas.make_staff()
