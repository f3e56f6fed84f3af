"""The help pages, open without signing in because mails link to the pages."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from followups.drafts import recipient_texts
from letters.models import Incident


@login_not_required
def help_page(request: HttpRequest, page: str) -> HttpResponse:
    """Render ``help/<page>.html`` with the contacts and dates of the incident. The page names offices, never people."""
    return render(request, f"help/{page}.html", {"incident": Incident.objects.current()})


@login_not_required
def drafts_page(request: HttpRequest) -> HttpResponse:
    """Render the incident's texts for recipients, without a letter: every field is left to fill in."""
    incident = Incident.objects.current()
    context = {"incident": incident, "drafts": recipient_texts.drafts_without_letter(incident)}
    return render(request, "help/drafts.html", context)


#: Each URL has the name of the template.
urlpatterns = [
    path("vejledning/", help_page, {"page": "guide"}, name="guide"),
    path("udkast/", drafts_page, name="drafts"),
    path("ordliste/", help_page, {"page": "glossary"}, name="glossary"),
    path("tilgaengelighed/", help_page, {"page": "accessibility"}, name="accessibility"),
    path("oplysninger/", help_page, {"page": "privacy"}, name="privacy"),
]
