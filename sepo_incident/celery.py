"""The Celery app. Tasks only tell workers to look for work; the work itself is queued in PostgreSQL."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sepo_incident.settings")

app = Celery("sepo_incident")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
