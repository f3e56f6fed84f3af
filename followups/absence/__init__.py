"""Absence and handover: a substitute or a new sender takes over a person's letters, for a while or for good."""
