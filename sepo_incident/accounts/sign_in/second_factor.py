"""Passkeys, authenticator apps and emergency codes, and who must have one."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin

from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.accounts.sign_in.wording import RefusalLogMixin
from sepo_incident.core.encryption import cipher

#: Pages that may be opened before there is a second factor, by the name of the URL.
PAGES_BEFORE = frozenset({
    "my_access", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "account_reauthenticate",
    "sign_out", "health",
})  # fmt: skip


class SecondFactorAdapter(RefusalLogMixin, DefaultMFAAdapter):
    """How the library behaves on this site: Danish refusals, and secrets that a copy of the database does not tell."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "Koden er forkert. Prøv igen.",
        "cannot_generate_recovery_codes": "Tilføj først en nøgle eller en app.",
    }

    def encrypt(self, text: str) -> str:
        return cipher("second factor").encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return cipher("second factor").decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return f"Nøgle {number}"


class SecondFactorMiddleware(MiddlewareMixin):
    """Lead whoever must have a passkey or an authenticator app to *Min adgang* until the person has one."""

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        page = request.resolver_match.url_name if request.resolver_match else ""
        if page in PAGES_BEFORE or not isinstance(request.user, User):
            return None
        return redirect("my_access") if lacks_second_factor(request, request.user) else None


def lacks_second_factor(request: HttpRequest, user: User) -> bool:
    """Tell whether the user must add a passkey or an app first. The municipality's own sign-in asks for its own.

    Koncern IT, whoever reads personnel cases by a role, and whoever holds a role over all units must.
    """
    methods = {record["method"] for record in get_authentication_records(request, user)}
    if not settings.SECOND_FACTOR or not methods.isdisjoint({"mfa", "socialaccount"}):
        return False
    must = not user.roles.isdisjoint((Membership.Role.KIT_ADMIN, Membership.Role.HR))
    must = must or Unit.objects.filter(pk__in=user.membership_unit_ids, parent=None).exists()
    return must and not Authenticator.objects.filter(user=user).exists()
