"""The wiring: settings, URLs, Celery, the bundled engines and the demo. Nothing below imports it."""

from sepo_incident.celery import app as celery_app

__all__ = ["celery_app"]
