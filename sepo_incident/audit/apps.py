from django.apps import AppConfig


class LedgersConfig(AppConfig):
    name = "sepo_incident.audit"
    label = "ledgers"
    verbose_name = "Historikkens kæde"
