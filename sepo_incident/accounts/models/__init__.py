from sepo_incident.accounts.models.people import Membership, Unit, UnitAlias, User
from sepo_incident.accounts.models.staff import StaffImport, StaffRow

__all__ = ["Membership", "StaffImport", "StaffRow", "Unit", "UnitAlias", "User"]
