"""What a unit's board shows, and what its leader does from there."""
