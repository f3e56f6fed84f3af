"""The app, and a check of the settings for deployment."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

WITHOUT_OWN_DOMAINS = Warning(
    "MAIL_OWN_DOMAINS is empty, so mail about letters goes to private addresses without an approval.",
    hint="Set MAIL_OWN_DOMAINS to the municipality's domains, for example kk.dk.",
    id="notifications.W001",
)


@register(Tags.security, deploy=True)
def check_own_domains(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [] if settings.MAIL["own_domains"] else [WITHOUT_OWN_DOMAINS]


class NotificationsConfig(AppConfig):
    name = "notifications"
