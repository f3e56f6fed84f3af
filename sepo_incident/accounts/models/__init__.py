"""The models of people, units, memberships, absences, impersonation and staff files."""

from sepo_incident.accounts.models.absence import Absence
from sepo_incident.accounts.models.impersonation import Impersonation
from sepo_incident.accounts.models.people import EmailChange, Membership, Unit, UnitAlias, User
from sepo_incident.accounts.models.staff_import import StaffImport, StaffRow

__all__ = [
    "Absence",
    "EmailChange",
    "Impersonation",
    "Membership",
    "StaffImport",
    "StaffRow",
    "Unit",
    "UnitAlias",
    "User",
]
