"""The project package: settings, URLs, Celery, bundled engines and demo. The apps do not import these modules."""

from sepo_incident.celery import app as celery_app
