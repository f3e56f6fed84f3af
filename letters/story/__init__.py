"""The story of an incident: rows that people edit, the timeline, the breach question and the administrations' plans."""
