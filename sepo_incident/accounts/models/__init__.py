"""The models of people, units, memberships, access, absences, approved addresses, impersonation and staff files."""

from sepo_incident.accounts.models.absence import Absence
from sepo_incident.accounts.models.access import (
    AccessChange,
    AddressApproval,
    GroupRole,
    Impersonation,
    RefusedIdentity,
)
from sepo_incident.accounts.models.people import EmailChange, Membership, Unit, UnitAlias, User
from sepo_incident.accounts.models.staff_import import StaffImport, StaffRow
