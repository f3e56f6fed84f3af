"""The models of people, units, memberships, absences, approved addresses, impersonation and staff files."""

from sepo_incident.accounts.models.absence import Absence
from sepo_incident.accounts.models.address_approval import AddressApproval
from sepo_incident.accounts.models.impersonation import Impersonation
from sepo_incident.accounts.models.people import EmailChange, Membership, Unit, UnitAlias, User
from sepo_incident.accounts.models.staff_import import StaffImport, StaffRow

__all__ = [
    "Absence",
    "AddressApproval",
    "EmailChange",
    "Impersonation",
    "Membership",
    "StaffImport",
    "StaffRow",
    "Unit",
    "UnitAlias",
    "User",
]
