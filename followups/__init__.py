"""What people decide about each letter."""
