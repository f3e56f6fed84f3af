"""Figures of an incident, each defined once, and the reports that quote them."""
