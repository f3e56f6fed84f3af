"""The pages of help: open to everybody, also before they have signed in, because the mail links to them."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from letters.models import Incident


def help_page(template: str, request: HttpRequest) -> HttpResponse:
    """Contacts and dates come from the incident; the names in it are offices, never people."""
    return render(request, f"help/{template}.html", {"incident": Incident.objects.current()})


@login_not_required
def guide(request: HttpRequest) -> HttpResponse:
    return help_page("guide", request)


@login_not_required
def drafts(request: HttpRequest) -> HttpResponse:
    return help_page("drafts", request)


@login_not_required
def glossary(request: HttpRequest) -> HttpResponse:
    return help_page("glossary", request)


@login_not_required
def accessibility(request: HttpRequest) -> HttpResponse:
    return help_page("accessibility", request)


@login_not_required
def privacy(request: HttpRequest) -> HttpResponse:
    return help_page("privacy", request)
