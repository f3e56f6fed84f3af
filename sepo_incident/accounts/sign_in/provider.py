"""Sign-in at the municipality's own provider by OpenID Connect: which person an identity is, and signing out there.

An identity is issuer and subject (OpenID Connect Core 1.0, 5.7), never an address. The address at the first sign-in
tells which person of our lists has the identity; later addresses tell nothing. django-allauth checks the answers.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial, wraps
from typing import Any, NoReturn
from urllib.parse import urlencode

import jwt
import requests
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.internal import jwtkit
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
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from jwt.types import Options

from sepo_incident.accounts.models import EmailChange, RefusedIdentity, User
from sepo_incident.accounts.sign_in import provider_roles
from sepo_incident.accounts.sign_in.sessions import end_all_sessions
from sepo_incident.core import logs

CALLBACK_PATH = "log-ind/kommunen/svar/"
DISCOVERY_SECONDS, SILENT_SECONDS, CLOCK_SKEW_SECONDS = 300, 30, 60
#: what is raised when a provider does not answer, or answers in another form than it should
NOT_USABLE = (requests.RequestException, OAuth2Error, KeyError, ValueError, TypeError, AttributeError)
#: The event that makes a token a sign-out (OpenID Connect Back-Channel Logout 1.0, 2.4).
SIGN_OUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
logger = logging.getLogger(__name__)


class ProviderFlow(OpenIDConnectOAuth2Adapter):
    @property
    def openid_config(self) -> dict[str, Any]:
        """Return the provider's discovery document, at most `DISCOVERY_SECONDS` old. Strangers can make us ask."""
        name = f"openid-{settings.OIDC['issuer']}"
        found: dict[str, Any] | None = cache.get(name)
        if found is None:
            found = super().openid_config
            cache.set(name, found, DISCOVERY_SECONDS)
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return f"{settings.SITE_URL}/{CALLBACK_PATH}"

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Return the identity, with the claims of the ID token and of the userinfo as `claims`."""
        claims = self._decode_id_token(app, kwargs["response"]["id_token"])
        told = self._fetch_user_info(token.token) if "userinfo_endpoint" in self.openid_config else {}
        login = self.get_provider().sociallogin_from_response(request, claims)
        login.claims = told | claims
        return login


class MunicipalProvider(OpenIDConnectProvider):
    oauth2_adapter_class = ProviderFlow

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

        The groups that the provider tells give the person's roles.
        """
        if not sociallogin.is_existing:
            claim_person(request, sociallogin)
        confirm_address(sociallogin.user, vouched_email(sociallogin.claims), sociallogin.account.date_joined)
        provider_roles.set_roles(sociallogin.user, provider_roles.groups_in(sociallogin.claims))

    def get_requests_session(self) -> requests.Session:
        session = super().get_requests_session()
        session.request = partial(ask_unless_silent, session.request)
        return session

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(redirect("sign_in"))
        refuse(request, "failed")


def ask_unless_silent(ask: Callable[..., requests.Response], *args: Any, **kwargs: Any) -> requests.Response:
    """Send a request to the provider. For `SILENT_SECONDS` after one without an answer, raise ConnectionError.

    Otherwise strangers hold all threads of the site while the provider hangs.
    """
    if cache.get("provider-silent"):
        raise requests.ConnectionError("the provider has just not answered")
    try:
        return ask(*args, **kwargs)
    except (requests.ConnectionError, requests.Timeout):
        cache.set("provider-silent", True, SILENT_SECONDS)
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


def refuse(request: HttpRequest, reason: str, email: str = "") -> NoReturn:
    """Raise ImmediateHttpResponse with a page that says why, and what to do."""
    logs.log_security_event("identity_refused", None, reason=reason)
    context = {reason: True, "email": email, "has_codes": settings.SIGN_IN_CODES}
    raise ImmediateHttpResponse(render(request, "accounts/provider_refused.html", context, status=401))


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


def configured_provider(request: HttpRequest) -> MunicipalProvider:
    """Return the provider of the settings. Raise Http404 without one."""
    if not settings.OIDC["issuer"]:
        raise Http404("Der er ikke sat et login op for kommunen.")
    return get_adapter(request).get_provider(request, settings.OIDC["issuer"])


@login_not_required
@require_safe
@refuse_unusable_answers
def begin(request: HttpRequest) -> HttpResponse:
    """Redirect to the provider. State and code verifier are kept in the session."""
    return configured_provider(request).redirect(request, AuthProcess.LOGIN, get_next_redirect_url(request))


@login_not_required
@require_safe
@refuse_unusable_answers
def callback(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer, and sign the person in."""
    configured_provider(request)
    return OAuth2CallbackView.adapter_view(ProviderFlow(request, settings.OIDC["issuer"]))(request)


@csrf_exempt  # the provider sends the request, and the token proves it
@login_not_required
@never_cache
@require_POST
def sign_out_by_provider(request: HttpRequest) -> HttpResponse:
    """End all sessions of the identity that the provider's token names. Answer 400 to any other token."""
    app = configured_provider(request).app
    try:
        token = request.POST.get("logout_token", "")
        keys = ProviderFlow(request, settings.OIDC["issuer"]).openid_config["jwks_uri"]
        algorithm, key = jwtkit.fetch_key(token, keys, jwtkit.lookup_kid_jwk)
        whose = {"issuer": settings.OIDC["issuer"], "audience": app.client_id}
        options: Options = {"require": ["sub", "iat", "exp"]}
        claims = jwt.decode(token, key, algorithms=[algorithm], leeway=CLOCK_SKEW_SECONDS, options=options, **whose)
        if SIGN_OUT_EVENT not in claims["events"] or "nonce" in claims:  # an ID token is no sign-out
            raise OAuth2Error("the token is no sign-out")
    except (jwt.PyJWTError, *NOT_USABLE):
        logs.log_security_event("provider_sign_out_refused", None)
        return HttpResponse(status=400)
    identity = SocialAccount.objects.filter(provider=settings.OIDC["issuer"], uid=claims["sub"]).first()
    if identity:
        end_all_sessions(identity.user_id)
        logs.log_security_event("signed_out_by_provider", identity.user_id)
    return HttpResponse(status=200)


@login_not_required
@require_safe
@refuse_unusable_answers
def sign_out_at_provider(request: HttpRequest) -> HttpResponse:
    """Redirect to the provider's page for signing out, which leads back (OpenID Connect RP-Initiated Logout 1.0, 2)."""
    app = configured_provider(request).app
    endpoint = ProviderFlow(request, settings.OIDC["issuer"]).openid_config["end_session_endpoint"]
    back = f"{settings.SITE_URL}{settings.LOGOUT_REDIRECT_URL}"
    return redirect(f"{endpoint}?{urlencode({'client_id': app.client_id, 'post_logout_redirect_uri': back})}")
