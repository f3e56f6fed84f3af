"""Fields of the forms of the story, as a browser posts them."""

from datetime import date

from django.urls import reverse


def date_fields(name: str, day: date) -> dict[str, str | int]:
    return {f"{name}_day": day.day, f"{name}_month": day.month, f"{name}_year": day.year}


def new_row(what: str) -> str:
    return reverse("new_story_row", args=[what])


ENTRY = {"kind": "SUSPICION", "text": "En borger spørger efter et brev.", "source": "Borgerhenvendelse", "version": 0}
ENTRY |= date_fields("day", date(2020, 1, 3))
MEASURE = {"title": "Slå alarm", "contact_name": "Søren Falk", "phone": "30 00 02 88", "status": "NOT_BEGUN"}
MEASURE |= {"version": 0} | date_fields("due_on", date(2020, 1, 10))
PLAN = {"contact_name": "Lisbeth Krog", "phone": "3000 0210", "text": "Ring til Lisbeth.", "version": ""}
PLAN |= {"statement": "Vi følger op på alle breve.", "committee": "Børne- og Ungdomsudvalget"}
REPORT = {"aware_clock": "10.40", "text": "Op mod 3.400 breve kom ikke frem.", "lost_availability": "on"}
REPORT |= date_fields("aware_on", date(2020, 1, 6))
