"""Pages on which KIT uploads, checks, commits and undoes a list of letters or a staff file."""
