"""The token that asks the municipality's sign-in about a person again: kept with the session, encrypted."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models.functions import Now
from django.http import HttpRequest

from sepo_incident.accounts.models import ProviderSession, User
from sepo_incident.core.encryption import cipher

PURPOSE = "provider token"
#: keys of the session: the token before the user is signed in, and that there is a `ProviderSession` afterwards
WAITING_KEY, ASKED_KEY = "provider_token", "asks_provider"


def encrypt(token: str) -> str:
    return cipher(PURPOSE).encrypt(token.encode()).decode()


def decrypt(encrypted_token: str) -> str:
    return cipher(PURPOSE).decrypt(encrypted_token.encode()).decode()


def remember_token(request: HttpRequest, user: User, token: str) -> None:
    """Keep the token, "" if there is none, until the user is signed in. A second factor may be asked for in between."""
    request.session[WAITING_KEY] = [user.pk, encrypt(token) if token else ""]


def keep_token(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Keep the token with the session that has just begun. Return whether the session began at the provider."""
    waiting = request.session.pop(WAITING_KEY, None)
    if not waiting or waiting[0] != user.pk:
        return False
    if not waiting[1]:
        return True
    if not request.session.session_key:
        request.session.save()
    kept = {"user_id": user.pk, "refresh_token": waiting[1], "checked_at": Now()}
    ProviderSession.objects.update_or_create(kept, session_key=request.session.session_key)
    request.session[ASKED_KEY] = True
    return True


def move_token(former_key: str, request: HttpRequest) -> None:
    """Keep the token with a session that got a new key. Without it nobody would ask about the session any more."""
    ProviderSession.objects.filter(pk=former_key).update(session_key=request.session.session_key)
