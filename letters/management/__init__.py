"""Management commands of letters."""
