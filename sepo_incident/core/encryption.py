"""Encryption of secrets that a copy of the database must not tell."""

import hashlib
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet
from django.conf import settings


def cipher(purpose: str) -> Fernet:
    """Return the cipher under the site's key. A new DJANGO_SECRET_KEY makes the stored secrets useless."""
    return Fernet(urlsafe_b64encode(hashlib.sha256(f"{purpose} {settings.SECRET_KEY}".encode()).digest()))
