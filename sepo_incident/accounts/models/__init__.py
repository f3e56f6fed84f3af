from sepo_incident.accounts.models.absence import Absence
from sepo_incident.accounts.models.addresses import EmailChange
from sepo_incident.accounts.models.people import Membership, Unit, UnitAlias, User
from sepo_incident.accounts.models.staff import StaffImport, StaffRow
from sepo_incident.accounts.models.viewing import Viewing

__all__ = ["Absence", "EmailChange", "Membership", "StaffImport", "StaffRow", "Unit", "UnitAlias", "User", "Viewing"]
