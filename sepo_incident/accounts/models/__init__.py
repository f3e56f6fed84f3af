"""The models of people, units, memberships, access, absences, approved addresses, impersonation and staff files."""

from sepo_incident.accounts.models.absence import Absence
from sepo_incident.accounts.models.access import AccessChange
from sepo_incident.accounts.models.address_approval import AddressApproval
from sepo_incident.accounts.models.impersonation import Impersonation
from sepo_incident.accounts.models.people import EmailChange, Membership, Unit, UnitAlias, User
from sepo_incident.accounts.models.provider import GroupRole, RefusedIdentity
from sepo_incident.accounts.models.staff_import import StaffImport, StaffRow
