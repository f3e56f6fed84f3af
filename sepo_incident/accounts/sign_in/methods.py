"""The ways to sign in that this installation has."""

from django.conf import settings


def sign_in_sentence() -> str:
    """Return how employees sign in here, for mails and pages."""
    if settings.OIDC["issuer"]:
        return f"Du logger ind med {settings.OIDC['name']}."
    if settings.SIGN_IN_CODES:
        return "Du logger ind med din arbejdsmail og en kode, som du får på mail."
    return "Du logger ind med din arbejdsmail og din adgangskode."
