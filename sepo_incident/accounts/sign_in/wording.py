"""The Danish words of signing in: how it is done here, and refusals, which are also written to the security log."""

from allauth.core import context
from django.conf import settings
from django.core.exceptions import ValidationError

from sepo_incident.core import logs

REFUSALS = {
    "email_password_mismatch": "E-mail og adgangskode passer ikke sammen. Prøv igen, eller skriv til DIT.",
    "incorrect_code": "Koden er forkert. Se efter i den nyeste mail fra os.",
    "enter_current_password": "Adgangskoden er forkert. Prøv igen.",
    "incorrect_password": "Adgangskoden er forkert. Prøv igen.",
    "too_many_login_attempts": "Der er prøvet for mange gange. Vent et kvarter, og prøv igen. "
    "Hjælper det ikke, så skriv til DIT.",
    "rate_limited": "Der er prøvet for mange gange. Vent et kvarter, og prøv igen.",
}
LIMITS = ("too_many_login_attempts", "rate_limited")


class RefusalLogMixin:
    """Mixin of django-allauth's adapters: writes each of `REFUSALS` to the security log, with the user if known."""

    def validation_error(self, code: str, *args: object) -> ValidationError:
        """Return the refusal, which the caller raises."""
        if code in REFUSALS:
            user_id = context.request.user.pk if context.request else None
            logs.log_security_event("locked_out" if code in LIMITS else "sign_in_refused", user_id)
        refusal: ValidationError = super().validation_error(code, *args)  # type: ignore[misc]
        return refusal


def sign_in_sentence() -> str:
    """Return how employees sign in here, for mails and pages."""
    if settings.OIDC["issuer"]:
        return f"Du logger ind med {settings.OIDC['name']}."
    if settings.SIGN_IN_CODES:
        return "Du logger ind med din arbejdsmail og en kode, som du får på mail."
    return "Du logger ind med din arbejdsmail og din adgangskode."
