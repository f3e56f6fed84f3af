"""Signing out at both ends: here when the provider says so, and at the provider when the person wants to."""

from urllib.parse import urlencode

from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from sepo_incident.accounts.sign_in.provider import (
    NOT_USABLE,
    ProviderFlow,
    configured_provider,
    refuse_unusable_answers,
)
from sepo_incident.accounts.sign_in.sessions import end_all_sessions
from sepo_incident.core import logs

#: The event that makes a token a sign-out (OpenID Connect Back-Channel Logout 1.0, 2.4).
SIGN_OUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@csrf_exempt  # the provider sends the request, and the token proves it
@login_not_required
@never_cache
@require_POST
def sign_out_by_provider(request: HttpRequest) -> HttpResponse:
    """End all sessions of the identity that the provider's token names. Answer 400 to any other token."""
    app = configured_provider(request).app
    try:
        claims = ProviderFlow(request, settings.OIDC["issuer"]).decode_token(
            request.POST.get("logout_token", ""), app, ["jti", "events"]
        )
        if SIGN_OUT_EVENT not in claims["events"] or "nonce" in claims:  # an ID token is no sign-out
            raise OAuth2Error("the token is no sign-out")
    except (OAuth2Error, *NOT_USABLE):
        logs.log_security_event("provider_sign_out_refused", None)
        return HttpResponse(status=400)
    identity = SocialAccount.objects.filter(
        provider=settings.OIDC["issuer"], uid=claims["sub"].replace("\0", "")
    ).first()
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
