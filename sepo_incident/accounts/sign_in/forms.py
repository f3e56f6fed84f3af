"""The forms of signing in: an address to send a code to, the code, and a password."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm
from allauth.core import context
from allauth.core.internal import ratelimit
from django import forms

MAX_EMAIL_LENGTH, MAX_PASSWORD_LENGTH = 254, 1000
EMAIL_ERRORS = {"required": "Skriv din arbejdsmail.", "invalid": "Skriv din arbejdsmail, for eksempel navn@sted.dk."}


def email_field(**options: Any) -> forms.EmailField:
    widget = forms.EmailInput(attrs={"autocomplete": "email"})
    return forms.EmailField(
        label="Din arbejdsmail", max_length=MAX_EMAIL_LENGTH, widget=widget, error_messages=EMAIL_ERRORS, **options
    )


class CodeRequestForm(RequestLoginCodeForm):
    """Asks for the address to send a code to. Known and unknown addresses get the same answer."""

    email = email_field(help_text="Vi sender dig en kode på 6 tal. Den virker i 10 minutter.")


class CodeForm(ConfirmLoginCodeForm):
    """Asks for the code from the mail."""

    def __init__(self, *args: Any, counted_as: str, **kwargs: Any):
        """`counted_as`: the tries of forms with the same text are counted together, also tries at the same moment."""
        super().__init__(*args, **kwargs)
        self.counted_as = counted_as
        self.fields["code"] = forms.CharField(
            label="Kode",
            max_length=20,
            widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
            error_messages={"required": "Skriv koden fra mailen."},
        )

    def clean_code(self) -> str:
        if not ratelimit.consume(
            context.request, app="allauth.account", action="confirm_login_code", key=self.counted_as
        ):
            raise get_adapter().validation_error("too_many_login_attempts")
        return str(super().clean_code())


class PasswordForm(LoginForm):
    """Asks for address and password."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["login"] = email_field()
        self.fields["password"] = forms.CharField(
            label="Adgangskode",
            max_length=MAX_PASSWORD_LENGTH,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            error_messages={"required": "Skriv din adgangskode."},
        )
        self.order_fields(["login", "password"])
