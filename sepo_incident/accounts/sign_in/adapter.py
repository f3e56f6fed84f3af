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
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from sepo_incident.accounts.models import User
from sepo_incident.accounts.sign_in import provider_roles
from sepo_incident.accounts.sign_in.sessions import NOTHING_SAVED, STARTED_KEY, UNSAVED_KEY
from sepo_incident.accounts.sign_in.wording import REFUSALS, RefusalLogMixin
from sepo_incident.core import logs

RECENT_SECONDS = 15 * 60
ROLES_GONE = "Dine roller fra {provider} gælder kun, når du logger ind dér."
CLOSED = "lukket"  # in the address of the page for passwords, when the account is closed


class SignInAdapter(RefusalLogMixin, DefaultAccountAdapter):
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
        """End the user's other sessions when a way to sign in is changed, because a stranger may use one of them.

        `template_prefix` names the change, for example «mfa/email/totp_activated».
        """
        logs.log_security_event("way_to_sign_in_changed", user.pk, change=template_prefix.rpartition("/")[2])
        end_other_sessions(self.request, user)

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Begin the session, claim the account at the first sign-in, and write to the security log.

        A sign-in by another way takes away the roles of the municipality's sign-in, which may have closed the account.
        """
        super().login(request, user)
        User.objects.filter(pk=user.pk, claimed_at=None).update(claimed_at=timezone.now())
        methods = [record["method"] for record in get_authentication_records(request, user)]
        is_at_provider = "socialaccount" in methods or not settings.OIDC["issuer"]
        if not is_at_provider and provider_roles.set_roles(cast(User, user), []):
            messages.info(request, ROLES_GONE.format(provider=settings.OIDC["name"]))
        logs.log_security_event("signed_in", user.pk, methods=", ".join(methods))
        if request.session.pop(UNSAVED_KEY, False):
            messages.warning(request, NOTHING_SAVED)
