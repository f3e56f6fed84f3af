"""What a view behind the sign-in gets."""

from django.http import HttpRequest

from sepo_incident.accounts.models import User


class SignedInRequest(HttpRequest):
    """``LoginRequiredMiddleware`` has let it through, so there is a person behind it. For type annotations."""

    user: User
