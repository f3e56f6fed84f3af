"""Django settings for django-post-office in `mail.py`: one app, a separate database, the mail server."""

import os

import psycopg2

from sepo_incident import embedded

NAME = "post_office"
INSTALLED_APPS = ["django.contrib.contenttypes", NAME]
DATABASES = {"default": embedded.database_settings() | {"NAME": NAME, "ENGINE": "django.db.backends.postgresql"}}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
SECRET_KEY = "of no use to anybody"  # noqa: S105
USE_TZ = True
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ["PEER_PORT"])
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
POST_OFFICE = {"BACKENDS": {"default": EMAIL_BACKEND}}


def new_database() -> None:
    place = embedded.database_settings()
    connection = psycopg2.connect(dbname=place["NAME"], user=place["USER"], host=place["HOST"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME}")
        cursor.execute(f"CREATE DATABASE {NAME}")
    connection.close()
