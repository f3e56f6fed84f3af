"""The incident page of KIT: the current incident, the checklist and the deadline."""
