"""Audit trail: append-only tables, the hash chain through all of the tables, verification and erasure."""
