"""Whose wrong guesses are counted together: an address however it is spelt, from one place (django-axes asks here)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

LONGEST = 254


def username(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """As the database compares addresses: without regard to case. ``upper`` also joins what only it joins (ı and i)."""
    given = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(given).strip().upper().lower()[:LONGEST]


def client_ip(request: HttpRequest) -> str:
    """The visitor's own address. In production our proxy writes it last in X-Forwarded-For; the rest is talk."""
    told = request.headers.get("X-Forwarded-For", "") if settings.SECURE else ""
    return told.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
