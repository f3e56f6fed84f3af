"""People, the tree of units, memberships (roles), absences, sign-in and staff files."""
