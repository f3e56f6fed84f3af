"""URLs of signing in and out, and of the user's own access.

django-allauth finds its pages by the names that begin with `account_` and `mfa_`.
"""

from collections.abc import Callable

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ConfirmWithCodeView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from django.http import HttpResponseBase
from django.urls import path
from django.views import View

from sepo_incident.accounts.roles import refuse_while_impersonating
from sepo_incident.accounts.sign_in import own_access, provider, views


def own_page(page: type[View], template: str) -> Callable[..., HttpResponseBase]:
    """Return the view of a page of django-allauth about the user's own access, with a template of ours."""
    return refuse_while_impersonating(page.as_view(template_name=f"accounts/{template}.html"))


urlpatterns = [
    path("", views.redirect_to_front_page, name="home"),
    path("log-ind/kode/", views.confirm_code, name="account_confirm_login_code"),
    path("log-ind/forfra/", views.begin_again, name="begin_sign_in_again"),
    path("log-ind/adgangskode/", views.PasswordView.as_view(), name="account_login"),
    path("log-ind/noegle/", LoginWebAuthnView.as_view(), name="mfa_login_webauthn"),
    path(
        "log-ind/bekraeft/",
        AuthenticateView.as_view(template_name="accounts/second_factor.html"),
        name="mfa_authenticate",
    ),
    path("log-ind/kommunen/", provider.begin, name="provider_sign_in"),
    path(provider.CALLBACK_PATH, provider.callback, name="provider_callback"),
    path("log-ind/kommunen/ud/", provider.sign_out_at_provider, name="sign_out_at_provider"),
    path("log-ind/kommunen/log-ud/", provider.sign_out_by_provider, name="sign_out_by_provider"),
    path("log-af/", views.sign_out, name="sign_out"),
    path("se-som/stop/", views.stop_impersonation, name="stop_impersonation"),
    path("min-adgang/", own_access.my_access, name="my_access"),
    path("min-adgang/", own_access.my_access, name="mfa_index"),
    path("min-adgang/", own_access.my_access, name="mfa_list_webauthn"),
    path("min-adgang/log-ud-andre-steder/", own_access.sign_out_elsewhere, name="sign_out_elsewhere"),
    path(
        "min-adgang/adgangskode/",
        own_page(own_access.PasswordChangeView, "change_password"),
        name="account_change_password",
    ),
    path("min-adgang/app/", own_page(ActivateTOTPView, "add_app"), name="mfa_activate_totp"),
    path("min-adgang/app/fjern/", own_page(DeactivateTOTPView, "remove_app"), name="mfa_deactivate_totp"),
    path("min-adgang/noegle/", own_page(AddWebAuthnView, "add_key"), name="mfa_add_webauthn"),
    path("min-adgang/noegle/<int:pk>/fjern/", own_page(RemoveWebAuthnView, "remove_key"), name="mfa_remove_webauthn"),
    path("min-adgang/noedkoder/", own_page(ViewRecoveryCodesView, "emergency_codes"), name="mfa_view_recovery_codes"),
    path(
        "min-adgang/noedkoder/nye/",
        own_page(GenerateRecoveryCodesView, "new_emergency_codes"),
        name="mfa_generate_recovery_codes",
    ),
    path("min-adgang/bekraeft/", own_page(ReauthenticateView, "confirm_identity"), name="account_reauthenticate"),
    path("min-adgang/bekraeft/kode/", own_page(ConfirmWithCodeView, "confirm_identity"), name="mfa_reauthenticate"),
    path(
        "min-adgang/bekraeft/noegle/",
        own_page(ReauthenticateWebAuthnView, "confirm_with_key"),
        name="mfa_reauthenticate_webauthn",
    ),
]
