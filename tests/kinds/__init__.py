"""What the kind of an incident sets."""
