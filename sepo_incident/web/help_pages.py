"""The pages of help: open to everybody, also before they have signed in, because the mail links to them."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from followups.drafts import recipient_texts
from letters.models import Incident


@login_not_required
def help_page(request: HttpRequest, page: str) -> HttpResponse:
    """``page`` is a template in help/. Contacts and dates are the incident's; its names are offices, never people."""
    return render(request, f"help/{page}.html", {"incident": Incident.objects.current()})


@login_not_required
def drafts_page(request: HttpRequest) -> HttpResponse:
    """The texts for recipients, as the incident has them; about no letter, so each field is left to write."""
    incident = Incident.objects.current()
    context = {"incident": incident, "drafts": recipient_texts.drafts_without_letter(incident)}
    return render(request, "help/drafts.html", context)


#: the name of an address is that of its template
urlpatterns = [
    path("vejledning/", help_page, {"page": "guide"}, name="guide"),
    path("udkast/", drafts_page, name="drafts"),
    path("ordliste/", help_page, {"page": "glossary"}, name="glossary"),
    path("tilgaengelighed/", help_page, {"page": "accessibility"}, name="accessibility"),
    path("oplysninger/", help_page, {"page": "privacy"}, name="privacy"),
]
