"""Sign-in at the municipality's own provider by OpenID Connect: what is checked, and which person an identity is.

An identity is issuer and subject (OpenID Connect Core 1.0, 5.7), never an address. The address at the first sign-in
tells which person of our lists has the identity; later addresses tell nothing.
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from functools import partial, wraps
from typing import Any, NoReturn

import jwt
import requests
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from sepo_incident.accounts.models import EmailChange, RefusedIdentity, User
from sepo_incident.accounts.sign_in import provider_roles, provider_tokens
from sepo_incident.core import logs

CALLBACK_PATH = "log-ind/kommunen/svar/"
#: Signatures with the provider's public key. A token that names another algorithm is refused.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
REQUIRED_CLAIMS = ["iss", "sub", "aud", "iat", "exp"]
DISCOVERY_SECONDS, SILENT_SECONDS = 300, 30
CLOCK_SKEW_SECONDS = 60
#: what is raised when a provider does not answer, or answers in another form than it should
NOT_USABLE = (requests.RequestException, KeyError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)
logger = logging.getLogger(__name__)
MAX_SUBJECT_LENGTH = 191
#: Seconds that a request to the provider may take.
request_seconds: ContextVar[float] = ContextVar("request_seconds", default=settings.SOCIALACCOUNT_REQUESTS_TIMEOUT)


class ProviderFlow(OpenIDConnectOAuth2Adapter):
    """The requests to the provider. `nonce`: of the sign-in that the answer must belong to."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return the provider's discovery document. Strangers can make us ask for it.

        A usable document is asked for again after `DISCOVERY_SECONDS`, and kept until a newer one comes. One request
        asks at a time, and after a failure nobody asks for `SILENT_SECONDS`: the other requests get the kept document.
        Raise ConnectionError if there is no document, ValueError if it is about another issuer (OpenID Connect
        Discovery 1.0, 4.3).
        """
        name = f"openid-{settings.OIDC['issuer']}"
        if not cache.add(f"{name}-asked", True, SILENT_SECONDS):
            last: dict[str, Any] | None = cache.get(name)
            if last is None:
                raise requests.ConnectionError("there is no discovery document yet")
            return last
        with get_adapter().get_requests_session() as session:
            found = dict(session.get(self.get_provider().server_url).json())
        if found.get("issuer") != settings.OIDC["issuer"]:
            raise ValueError("the discovery document is about another issuer")
        cache.set(name, found, None)
        cache.set(f"{name}-asked", True, DISCOVERY_SECONDS)
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return f"{settings.SITE_URL}/{CALLBACK_PATH}"

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Return the identity. Raise OAuth2Error if a token is not what the provider made for this sign-in."""
        claims = self._verify_id_token(app, kwargs["response"].get("id_token", ""))
        claims = self.add_user_info(claims, token.token)
        login = self.get_provider().sociallogin_from_response(request, claims)
        login.claims = claims
        return login

    def add_user_info(self, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
        """Return the claims and the userinfo of the provider. Raise OAuth2Error if they are about two people."""
        if "userinfo_endpoint" not in self.openid_config:
            return claims
        told = self._fetch_user_info(access_token)
        if told.get("sub") != claims["sub"]:  # OpenID Connect Core 1.0, 5.3.2
            raise OAuth2Error("userinfo is about somebody else")
        source = claims if settings.OIDC["email_claim"] in claims else told
        return told | claims | {"email_verified": source.get("email_verified")}

    def _verify_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        """Return the claims (OpenID Connect Core 1.0, 3.1.3.7). Raise OAuth2Error."""
        claims = self.decode_token(id_token, app, ["nonce"])
        if not self.nonce or not hmac.compare_digest(str(claims["nonce"]).encode(), self.nonce.encode()):
            raise OAuth2Error("the nonce belongs to another sign-in")
        party = claims.get("azp", claims["aud"])  # demanded of a token for several systems
        if party not in (app.client_id, [app.client_id]) or len(claims["sub"]) > MAX_SUBJECT_LENGTH:
            raise OAuth2Error("the token is for somebody else")
        return claims

    def decode_token(self, token: str, app: SocialApp, required: list[str]) -> dict[str, Any]:
        """Return the claims of a token that the provider signed for us. Raise OAuth2Error.

        A token that does not even say so is refused before the provider's keys are fetched.
        """
        try:
            unproven = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as problem:
            raise OAuth2Error("the token is no token") from problem
        if unproven.get("iss") != settings.OIDC["issuer"]:
            raise OAuth2Error("the token is of another provider")
        with get_adapter().get_requests_session() as session:
            keys = session.get(self.openid_config["jwks_uri"]).json()
        try:
            wanted = jwt.get_unverified_header(token).get("kid")
            key = next(one for one in jwt.PyJWKSet.from_dict(keys).keys if one.key_id == wanted)
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=ALGORITHMS,
                issuer=settings.OIDC["issuer"],
                audience=app.client_id,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": [*REQUIRED_CLAIMS, *required]},
            )
        except (jwt.PyJWTError, StopIteration, TypeError, ValueError, KeyError) as problem:
            raise OAuth2Error("the token is not the provider's") from problem
        return claims


class MunicipalProvider(OpenIDConnectProvider):
    """The provider of the settings."""

    oauth2_adapter_class = ProviderFlow

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        nonce = secrets.token_urlsafe(24)
        return super().redirect(request, process, next_url, {"nonce": nonce}, auth_params={"nonce": nonce}, **kwargs)

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep nothing of what the provider tells about the person."""
        return {}


class ProviderAdapter(DefaultSocialAccountAdapter):
    """What becomes of an identity that the provider has vouched for."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> MunicipalProvider:
        return MunicipalProvider(request, app=self.get_app(request, provider, client_id))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> None:
        """Take no name and no address from the provider: lists and staff files give them."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let the identity claim the person of its address at the first sign-in. Refuse an identity of nobody.

        The groups that the provider tells give the person's roles, and the token to ask again is kept.
        """
        if not sociallogin.is_existing:
            claim_person(request, sociallogin)
        confirm_address(sociallogin.user, vouched_email(sociallogin.claims), sociallogin.account.date_joined)
        provider_roles.record_groups(sociallogin.user, sociallogin.claims)
        provider_tokens.remember_token(request, sociallogin.user, sociallogin.token.token_secret)

    def get_requests_session(self) -> requests.Session:
        """Return a session whose requests wait for `request_seconds` at most and follow no redirect."""
        session = super().get_requests_session()
        session.max_redirects = 0
        session.request = partial(ask_unless_silent, session)
        return session

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(redirect("sign_in"))
        refuse(request, "failed")


def is_silent() -> bool:
    """Tell whether a request that waited for `request_seconds` has just got no answer."""
    return bool(cache.get(f"provider-silent-{request_seconds.get()}"))


def ask_unless_silent(session: requests.Session, method: str, url: str, **kwargs: Any) -> requests.Response:
    """Send a request to the provider. For `SILENT_SECONDS` after one without an answer, raise ConnectionError.

    Otherwise strangers hold all threads of the site while the provider hangs.
    """
    if is_silent():
        raise requests.ConnectionError("the provider has just not answered")
    seconds = request_seconds.get()
    try:
        return requests.Session.request(session, method, url, timeout=seconds, **kwargs)
    except (requests.ConnectionError, requests.Timeout):
        cache.set(f"provider-silent-{seconds}", True, SILENT_SECONDS)
        raise


def claim_person(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Bind the identity to the person whose address the provider vouches for. Raise ImmediateHttpResponse."""
    email = vouched_email(sociallogin.claims)
    if not email:
        refuse(request, "unverified")
    with transaction.atomic():
        known = filter_users_by_email(email, is_active=True, prefer_verified=True, for_login=True)
        if not known or not email.isascii():  # the Kelvin sign is a k in lower case
            refuse(request, "unknown", email)
        person = User.objects.select_for_update().get(pk=known[0].pk)
        identity = sociallogin.account
        is_bound = SocialAccount.objects.filter(user=person, provider=identity.provider).exists()
        if not is_bound:
            sociallogin.connect(request, person)
    if is_bound:
        refused = {"person": person, "issuer": identity.provider, "subject": identity.uid}
        RefusedIdentity.objects.update_or_create({"at": timezone.now()}, **refused)
        refuse(request, "bound", email)
    logs.log_security_event("identity_claimed", person.pk)


def confirm_address(user: User, address: str, identity_since: datetime) -> None:
    """Know the corrected address again when the municipality's sign-in says that it is the user's.

    The identity must have been bound before the first correction, to a known address, and no key or app may have been
    added since: whoever typed an address of their own making may have signed in there and left a way in.
    """
    if user.address_since or user.email.lower() != address.lower():
        return
    first = EmailChange.objects.filter(user=user).last()
    if first is None or Authenticator.objects.filter(user=user, created_at__gte=first.at).exists():
        return
    if first.old_since and identity_since < first.at:
        User.objects.filter(pk=user.pk, email__iexact=address).update(address_since=first.old_since)


def vouched_email(claims: dict[str, Any]) -> str:
    """Return the address that the provider vouches for, or "".

    `email` must be verified, because people may have typed it themselves. Another claim is the provider's own word.
    """
    name = settings.OIDC["email_claim"]
    if name == "email" and claims.get("email_verified") is not True:
        return ""
    return str(claims.get(name, "")).strip()


def refuse_unusable_answers(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer with the page of a refusal if the provider does not answer, or answers what cannot be used."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except NOT_USABLE:
            logger.exception("the provider's answer cannot be used")
            refuse(request, "failed")

    return guarded


def refuse(request: HttpRequest, reason: str, email: str = "") -> NoReturn:
    """Raise ImmediateHttpResponse with a page that says why, and what to do."""
    logs.log_security_event("identity_refused", None, reason=reason)
    context = {reason: True, "email": email, "has_codes": settings.SIGN_IN_CODES}
    raise ImmediateHttpResponse(render(request, "accounts/provider_refused.html", context, status=401))


@login_not_required
@require_safe
@refuse_unusable_answers
def begin(request: HttpRequest) -> HttpResponse:
    """Redirect to the provider. State, nonce and code verifier are kept in the session."""
    provider = configured_provider(request)
    return provider.redirect(request, AuthProcess.LOGIN, get_next_redirect_url(request))


class CallbackView(OAuth2CallbackView):
    def _get_state(self, request: HttpRequest, provider: MunicipalProvider) -> tuple[Any, Any]:
        state, response = super()._get_state(request, provider)
        self.adapter.nonce = state["data"]["nonce"] if state else ""
        return state, response


@login_not_required
@require_safe
@refuse_unusable_answers
def callback(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer, and sign the person in."""
    configured_provider(request)
    return CallbackView.adapter_view(ProviderFlow(request, settings.OIDC["issuer"]))(request)


def configured_provider(request: HttpRequest) -> MunicipalProvider:
    """Return the provider of the settings. Raise Http404 without one."""
    if not settings.OIDC["issuer"]:
        raise Http404("Der er ikke sat et login op for kommunen.")
    return get_adapter(request).get_provider(request, settings.OIDC["issuer"])
