"""Ask the provider again about who is signed in: a role or an account that is gone there is gone here.

The check is a part of a request, at most every `CHECK_SECONDS` for a session (docs/decisions/0054).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.auth import logout
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from requests.auth import HTTPBasicAuth

from sepo_incident.accounts.models import ProviderAnswer, ProviderSession, User
from sepo_incident.accounts.sign_in import provider_roles, provider_tokens
from sepo_incident.accounts.sign_in.provider import (
    NOT_USABLE,
    ProviderFlow,
    configured_provider,
    is_silent,
    request_seconds,
)
from sepo_incident.accounts.sign_in.sessions import end_all_sessions
from sepo_incident.core import logs

CHECK_SECONDS = 45
#: Seconds that a page waits for one answer of the provider.
TIMEOUT_SECONDS = 2.0
logger = logging.getLogger(__name__)


class AccessEnded(Exception):
    """Raised when the provider no longer vouches for the person."""


class ProviderCheckMiddleware:
    """Set the roles anew, or sign the user out, before the page reads either."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User) and settings.OIDC["issuer"] and provider_tokens.ASKED_KEY in request.session:
            check_session(request, user)
        return self.get_response(request)


def check_session(request: HttpRequest, user: User) -> None:
    """Ask the provider about the user if it is time. If it does not answer, the last known roles stay.

    Of requests at the same time only the one that moves `checked_at` asks, because a token works once.
    """
    session = ProviderSession.objects.filter(pk=request.session.session_key)
    due = session.filter(checked_at__lt=Now() - timedelta(seconds=CHECK_SECONDS))
    if not due.exists():
        return
    limit = request_seconds.set(TIMEOUT_SECONDS)
    try:
        if is_silent() or not due.update(checked_at=Now()):
            return
        provider_roles.record_groups(user, ask_again(request, session.get()))
    except AccessEnded:
        end_sessions(request, user)
    except (OAuth2Error, *NOT_USABLE):
        ProviderAnswer.objects.update_or_create({"no_answer_at": timezone.now()}, person=user)
        logger.warning("the provider did not answer about a person who is signed in", exc_info=True)
    finally:
        request_seconds.reset(limit)


def ask_again(request: HttpRequest, session: ProviderSession) -> dict[str, Any]:
    """Return the claims about the person of the session (OpenID Connect Core 1.0, 12), and keep the next token.

    Raise AccessEnded if the provider refuses the token, OAuth2Error or one of `NOT_USABLE` without a usable answer.
    """
    app, flow = configured_provider(request).app, ProviderFlow(request, settings.OIDC["issuer"])
    identity = SocialAccount.objects.filter(user=session.user_id, provider=settings.OIDC["issuer"]).first()
    if identity is None:
        raise AccessEnded
    said = use_refresh_token(flow, app, session)
    if "refresh_token" in said:
        kept = provider_tokens.encrypt(said["refresh_token"])
        ProviderSession.objects.filter(pk=session.pk).update(refresh_token=kept)
    claims = flow.decode_token(said["id_token"], app, []) if "id_token" in said else {"sub": identity.uid}
    if claims["sub"] != identity.uid:
        raise AccessEnded
    return flow.add_user_info(claims, said["access_token"])


def use_refresh_token(flow: ProviderFlow, app: SocialApp, session: ProviderSession) -> dict[str, Any]:
    """Return the new tokens (RFC 6749, 6). Raise AccessEnded if the token is refused: the account is closed there."""
    try:
        asked = {"grant_type": "refresh_token", "refresh_token": provider_tokens.decrypt(session.refresh_token)}
    except InvalidToken:
        raise AccessEnded from None
    is_in_header = flow.basic_auth
    secret = {} if is_in_header else {"client_id": app.client_id, "client_secret": app.secret}
    auth = HTTPBasicAuth(app.client_id, app.secret) if is_in_header else None
    with get_adapter().get_requests_session() as http:
        answer = http.post(flow.access_token_url, data=asked | secret, auth=auth)
    said: dict[str, Any] = dict(answer.json())
    if answer.status_code == HTTPStatus.BAD_REQUEST and said.get("error") == "invalid_grant":
        raise AccessEnded
    answer.raise_for_status()
    return said


def end_sessions(request: HttpRequest, user: User) -> None:
    """End all sessions of the user, this one too."""
    end_all_sessions(user.pk)
    ProviderSession.objects.filter(user=user).delete()
    logs.log_security_event("signed_out_by_check", user.pk)
    logout(request)
