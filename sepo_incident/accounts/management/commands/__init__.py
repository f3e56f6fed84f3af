"""The commands `grant_role` and `migrate`."""
