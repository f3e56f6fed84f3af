"""The front page: what the system is for, live numbers, sign-in, and the way of one letter.

Everybody can read the page, so it shows dates and numbers of the incident, but no name and no subject. The numbers are
shown where KIT has switched them on, as in the demo. The demo also leads into the system as one of the personas.
"""

from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.urls import path

from followups.boards.tables import board_link
from followups.reporting.letter_figures import count_public_figures, missing_letters
from letters.incident_kinds import USUAL_RULES
from letters.incidents import addresses_under
from letters.models import Incident, Letter
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.sign_in.views import CodeRequestView
from sepo_incident.core import calendar
from sepo_incident.demo import tour
from sepo_incident.demo.tour import PersonaLink


class Figure(NamedTuple):
    """A live number. `link` leads to the letters; None outside the demo, because the reader may not see them all."""

    value: int
    label: str
    link: PersonaLink | None


class Station(NamedTuple):
    """A station on the way of a letter. `link` leads there in the demo."""

    icon: str
    title: str
    text: str
    link: PersonaLink | None = None


STATIONS = [
    Station("email", "Mailen", "Afsenderen får én mail om alle sine breve. Lederen får en kopi."),
    Station("edit", "Beslutningen", "Afsenderen sender brevet igen, skriver et nyt eller lader være."),
    Station("how-to-reg", "Lederen", "Lederen bekræfter beslutningen eller stiller et spørgsmål."),
    Station("support-agent", "DIT", "DIT svarer, når afsenderen er i tvivl."),
    Station("visibility", "Koncern IT", "Koncern IT følger brevet, til der er bevis for, at det er kommet frem."),
]


class FrontPageView(CodeRequestView):
    template_name = "accounts/sign_in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_getting_ready = settings.DEMO and tour.is_getting_ready()
        found = [] if is_getting_ready else list_incidents()  # the tables may not be there yet
        incident = found[0] if found else None
        with addresses_under(incident if len(found) > 1 else None):
            strip = tour.build_strip(incident, "") if settings.DEMO and not is_getting_ready else None
            figures = list_figures(incident) if incident and incident.shows_public_figures else []
        links = strip.links if strip and strip.links else [None] * len(STATIONS)
        return super().get_context_data(**kwargs) | {
            "has_codes": settings.SIGN_IN_CODES,
            "provider": settings.OIDC["issuer"] and settings.OIDC["name"],
            "incident": incident,
            "is_getting_ready": is_getting_ready,
            "fault": incident.fault if incident else USUAL_RULES.fault,
            "figures": figures,
            "followed": strip and strip.followed,
            "demo_strip": strip,
            "stations": [one._replace(link=link) for one, link in zip(STATIONS, links, strict=True)],
        }


def list_incidents() -> list[Incident]:
    """Return the incidents that are not closed: those with letters first, then the oldest first. One query.

    The page tells of the first one, so it stays the same when a second incident is prepared.
    """
    letters = Letter.objects.active().filter(incident=OuterRef("pk"))
    return list(Incident.objects.not_closed().order_by(Exists(letters).desc(), "pk"))


def list_figures(incident: Incident) -> list[Figure]:
    """Return the live numbers, defined as on the boards, or [] before KIT's list is in. Two queries."""
    counts = count_public_figures(incident, calendar.today())
    if not counts["ALL"]:
        return []
    root = Unit.root().pk
    shown = [
        (counts["ALL"], f"breve {incident.fault.short}", board_link(root)),
        (counts["FOLLOWED_UP"], "er fulgt op", board_link(root, status="FOLLOWED_UP")),
        (missing_letters(counts), "er ikke fulgt op", board_link(root, status="NOT_FOLLOWED_UP")),
    ]
    if counts["ARRIVED"]:  # without proof nobody knows
        shown.append((counts["ARRIVED"], "er nu kommet frem", board_link(root, status="ARRIVED")))
    return [
        Figure(number, label, tour.link_as("kit", label, url) if settings.DEMO else None)
        for number, label, url in shown
    ]


urlpatterns = [
    path("log-ind/", FrontPageView.as_view(), name="sign_in"),
    path("log-ind/", FrontPageView.as_view(), name="account_request_login_code"),  # django-allauth's name
]
