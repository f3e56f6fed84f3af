"""The commands `grant_runtime_role` and `verify_audit`."""
