from typing import Any

from django.core.management.base import BaseCommand

from sepo_incident.demo import fill, guard


class Command(BaseCommand):
    help = "Lægger en troværdig hændelse ind i en tom prøvedatabase. make demo gør det selv."

    def handle(self, *args: Any, **options: Any) -> None:
        guard.refuse_outside_demo()
        fill.fill()
