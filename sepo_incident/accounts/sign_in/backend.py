"""The backend that fetches the user of a request."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from sepo_incident.accounts.models import User


class UserWithUnit(AuthenticationBackend):
    """django-allauth's backend, which fetches the unit with the user: the frame of every page names it."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("unit").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
