from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "sepo_incident.demo"
    verbose_name = "Demo"

    def ready(self) -> None:
        from sepo_incident.demo import demo_mode  # noqa: F401  registers its check
