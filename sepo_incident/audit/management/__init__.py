"""Management commands of audit."""
