"""Adapt django-allauth to this site: Danish refusals, no sign-up, and what each sign-in does."""

import time
from typing import Any, cast
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.internal.flows.logout import logout
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from sepo_incident.accounts.models import User
from sepo_incident.accounts.sign_in import provider_roles
from sepo_incident.accounts.sign_in.provider_tokens import keep_token
from sepo_incident.accounts.sign_in.sessions import STARTED_KEY, warn_of_unsaved_form
from sepo_incident.core import logs

RECENT_SECONDS = 15 * 60
ROLES_GONE = "Dine roller fra {provider} gælder kun, når du logger ind dér."
CLOSED = "lukket"  # in the address of the page for passwords, when the account is closed
REFUSALS = {
    "email_password_mismatch": "E-mail og adgangskode passer ikke sammen. Prøv igen, eller skriv til DIT.",
    "incorrect_code": "Koden passer ikke. Se efter i den nyeste mail fra os.",
    "enter_current_password": "Adgangskoden passer ikke. Prøv igen.",
    "incorrect_password": "Adgangskoden passer ikke. Prøv igen.",
    "too_many_login_attempts": "Der er prøvet for mange gange. Vent et kvarter, og prøv igen.",
    "rate_limited": "Der er prøvet for mange gange. Vent et kvarter, og prøv igen.",
}


class SignInAdapter(DefaultAccountAdapter):
    """Refuse sign-ups, say refusals in Danish, record sign-ins, and ask for the password before access is changed."""

    error_messages = DefaultAccountAdapter.error_messages | REFUSALS

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        return redirect(f"{reverse('account_login')}?{CLOSED}")

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Show a refusal on the next page, and none of the library's own messages: the page says what happened."""
        super().add_message(request, level, extra_tags=extra_tags, message=message)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Ask for a password or a second factor before the user's access is changed.

        Somebody who has neither must have signed in lately, which then also counts for the emergency codes that follow.
        """
        request = self.request
        if get_reauthentication_flows(request.user):
            return bool(super().is_reauthentication_required(app=app))
        now = time.time()
        if now - request.session.get(STARTED_KEY, now) > RECENT_SECONDS:
            logout(request)
            onward = urlencode({"next": request.path})
            raise ImmediateHttpResponse(redirect(f"{reverse('sign_in')}?{onward}"))
        if not any("reauthenticated" in one for one in get_authentication_records(request, request.user)):
            record_authentication(request, request.user, "code", reauthenticated=True)
        return False

    def send_notification_mail(self, template_prefix: str, user: AbstractBaseUser, *args: Any, **kwargs: Any) -> None:
        """End the user's other sessions when a way to sign in is added or removed: a stranger may use one of them."""
        end_other_sessions(self.request, user)

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Begin the session, claim the account at the first sign-in, and write to the security log.

        Nobody asks the municipality's sign-in about a session that did not begin there, so that its roles go.
        """
        super().login(request, user)
        User.objects.filter(pk=user.pk, claimed_at=None).update(claimed_at=timezone.now())
        if not keep_token(request, user) and settings.OIDC["issuer"] and provider_roles.remove_roles(cast(User, user)):
            messages.info(request, ROLES_GONE.format(provider=settings.OIDC["name"]))
        methods = ", ".join(record["method"] for record in get_authentication_records(request, user))
        logs.log_security_event("signed_in", user.pk, methods=methods)
        warn_of_unsaved_form(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            logs.log_security_event("locked_out", None)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        logs.log_security_event("sign_in_refused", None)
