from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "sepo_incident.accounts"
    label = "accounts"
    verbose_name = "Personer og enheder"
