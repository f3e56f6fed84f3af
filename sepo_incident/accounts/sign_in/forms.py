"""The forms of signing in: an address to send a code to, the code, a password, and a second factor."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm as ChangePasswordBaseForm
from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm
from allauth.account.forms import ReauthenticateForm as ConfirmPasswordBaseForm
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.auth.password_validation import validate_password

from sepo_incident.core.forms import refuse_cpr

MAX_EMAIL_LENGTH, MAX_PASSWORD_LENGTH = 254, 1000
CODE_ERRORS, PASSWORD_ERRORS = {"required": "Skriv koden."}, {"required": "Skriv din adgangskode."}
EMAIL_ERRORS = {"required": "Skriv din arbejdsmail.", "invalid": "Skriv din arbejdsmail, for eksempel navn@sted.dk."}


def email_field(**options: Any) -> forms.EmailField:
    widget = forms.EmailInput(attrs={"autocomplete": "email"})
    return forms.EmailField(
        label="Din arbejdsmail", max_length=MAX_EMAIL_LENGTH, widget=widget, error_messages=EMAIL_ERRORS, **options
    )


def code_field(label: str, **options: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True})
    return forms.CharField(label=label, max_length=20, widget=widget, error_messages=CODE_ERRORS, **options)


def password_field(
    label: str = "Adgangskode", autocomplete: str = "current-password", **options: Any
) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    options |= {"max_length": MAX_PASSWORD_LENGTH, "strip": False, "error_messages": PASSWORD_ERRORS}
    return forms.CharField(label=label, widget=widget, **options)


class CodeRequestForm(RequestLoginCodeForm):
    """Asks for the address to send a code to. Known and unknown addresses get the same answer."""

    email = email_field(help_text="Vi sender dig en kode på 8 cifre. Den virker i 10 minutter.")


class CodeForm(ConfirmLoginCodeForm):
    def __init__(self, *args: Any, counted_as: str, **kwargs: Any):
        """`counted_as`: the tries of forms with the same text are counted together, also tries at the same moment."""
        super().__init__(*args, **kwargs)
        self.counted_as = counted_as
        self.fields["code"] = code_field("Kode")

    def clean_code(self) -> str:
        if not ratelimit.consume(
            context.request, app="allauth.account", action="confirm_login_code", key=self.counted_as
        ):
            raise get_adapter().validation_error("too_many_login_attempts")
        return str(super().clean_code())


class PasswordForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["login"] = email_field()
        self.fields["password"] = password_field()
        self.order_fields(["login", "password"])


CODE_OR_EMERGENCY_CODE = "Kode fra din app, eller en nødkode"


class SecondFactorForm(AuthenticateForm):
    """Asks for a code of the app, or an emergency code, after the first way to sign in."""

    code = code_field(CODE_OR_EMERGENCY_CODE)


class ConfirmCodeForm(ReauthenticateForm):
    """Asks for a code before the person's ways to sign in are changed."""

    code = code_field(CODE_OR_EMERGENCY_CODE)


class ConfirmPasswordForm(ConfirmPasswordBaseForm):
    """Asks for the password before the person's ways to sign in are changed."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field()


class ChangePasswordForm(ChangePasswordBaseForm):
    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"] = password_field("Din adgangskode nu")
        self.fields["password1"] = password_field("Ny adgangskode", "new-password", help_text="Mindst 12 tegn.")
        self.fields["password2"] = password_field("Ny adgangskode igen", "new-password")

    def clean_password1(self) -> str:
        password: str = self.cleaned_data["password1"]
        validate_password(password, self.user)
        return password


class ActivateAppForm(ActivateTOTPForm):
    """Asks for the first code of a new app."""

    code = code_field("Kode fra appen")

    def clean_code(self) -> str:
        """Return the code, which then signs nobody in once more."""
        code = str(super().clean_code())
        TOTP(Authenticator(user=self.user))._mark_code_used(code)
        return code


class CredentialField(forms.JSONField):
    """What a browser says about a key. Anything else is refused as a wrong code is."""

    widget = forms.HiddenInput

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data  # a browser makes a new one, so nothing is read for the page

    def prepare_value(self, value: Any) -> str:
        return ""

    def to_python(self, value: Any) -> Any:
        try:
            found = super().to_python(value)
        except (ValueError, RecursionError) as problem:  # numbers of thousands of digits, brackets without end
            raise get_mfa_adapter().validation_error("incorrect_code") from problem
        if found is not None and not isinstance(found, dict):
            raise get_mfa_adapter().validation_error("incorrect_code")
        return found


class CheckedKey:
    """A form of django-allauth that takes a key: nonsense inside the JSON is a wrong code, not an error of ours."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise get_mfa_adapter().validation_error("incorrect_code") from problem


class KeySignInForm(CheckedKey, LoginWebAuthnForm):
    credential = CredentialField()


class KeyAsSecondFactorForm(CheckedKey, AuthenticateWebAuthnForm):
    credential = CredentialField()


class ConfirmKeyForm(CheckedKey, ReauthenticateWebAuthnForm):
    credential = CredentialField()


class AddKeyForm(AddWebAuthnForm):
    """Takes a new key. A key that signs in alone is a passkey."""

    name = forms.CharField(label="Navn på nøglen", max_length=100, required=False, validators=[refuse_cpr])
    passwordless = forms.BooleanField(label="Nøglen kan logge mig ind alene", initial=True, required=False)
    credential = CredentialField()

    def clean(self) -> dict[str, Any]:
        try:
            return dict(super().clean())
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise get_mfa_adapter().validation_error("incorrect_code") from problem
