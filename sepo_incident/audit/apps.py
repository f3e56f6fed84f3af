from django.apps import AppConfig


class LedgersConfig(AppConfig):
    name = "sepo_incident.audit"
    label = "audit"
    verbose_name = "Historikkens kæde"
