"""One letter's page: where it stands, what happened to it, and what may be said of it."""
