"""Koncern IT's pages about access: a person's roles, sessions and ways to sign in, and groups."""
