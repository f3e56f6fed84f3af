"""Celery is only the doorbell; PostgreSQL is the queue (promises.md, *Mail* 2)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sepo_incident.settings")

app = Celery("sepo_incident")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
