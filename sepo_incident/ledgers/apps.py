from django.apps import AppConfig


class LedgersConfig(AppConfig):
    name = "sepo_incident.ledgers"
    label = "ledgers"
    verbose_name = "Historikkens kæde"
