"""Management commands of the follow-ups."""
