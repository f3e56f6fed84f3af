from django.urls import path

from sepo_incident.help import drafts, help_page

#: the name of an address is that of its template
urlpatterns = [
    path("vejledning/", help_page, {"page": "guide"}, name="guide"),
    path("udkast/", drafts, name="drafts"),
    path("ordliste/", help_page, {"page": "glossary"}, name="glossary"),
    path("tilgaengelighed/", help_page, {"page": "accessibility"}, name="accessibility"),
    path("oplysninger/", help_page, {"page": "privacy"}, name="privacy"),
]
