"""The backend that fetches the user of a request."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.models.absence import split_roles
from sepo_incident.core import danish, database
from sepo_incident.core.sql_files import read_sql

_FIELDS = [field.attname for field in User._meta.concrete_fields]
_UNIT_FIELDS = [field.attname for field in Unit._meta.concrete_fields]
_SQL = read_sql(
    __file__,
    "user_of_request.sql",
    columns=", ".join([*(f"person.{name}" for name in _FIELDS), *(f"unit.{name}" for name in _UNIT_FIELDS)]),
    roles=read_sql("sepo_incident/accounts/models/roles_and_represented.sql"),
)


class UserWithUnit(AuthenticationBackend):
    """django-allauth's backend, which fetches unit and roles with the user: the frame of every page needs them."""

    def get_user(self, user_id: Any) -> User | None:
        rows = database.fetch_planned(_SQL, {"user": user_id, "on": danish.local_date(timezone.now())})
        if not rows:
            return None
        [row] = rows
        user = User.from_db(DEFAULT_DB_ALIAS, _FIELDS, row[: len(_FIELDS)])
        if user.unit_id:
            user.unit = Unit.from_db(DEFAULT_DB_ALIAS, _UNIT_FIELDS, row[len(_FIELDS) : -1])
        user.roles_and_substitutions = split_roles([tuple(held.values()) for held in row[-1] or ()])
        return user if self.user_can_authenticate(user) else None
