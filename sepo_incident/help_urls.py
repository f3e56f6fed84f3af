from django.urls import path

from sepo_incident import help

urlpatterns = [
    path("vejledning/", help.guide, name="guide"),
    path("udkast/", help.drafts, name="drafts"),
    path("ordliste/", help.glossary, name="glossary"),
    path("tilgaengelighed/", help.accessibility, name="accessibility"),
    path("oplysninger/", help.privacy, name="privacy"),
]
