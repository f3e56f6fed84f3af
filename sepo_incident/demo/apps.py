from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "sepo_incident.demo"
    verbose_name = "Demo"
