"""The app, and its figures for the reports of the app below."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from followups.reporting import figures
        from notifications import checks, unit_mails  # noqa: F401

        figures.add_figure_source(unit_mails.mail_figures)
