"""The command `verify_audit`."""
