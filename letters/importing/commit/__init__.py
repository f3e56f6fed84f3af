"""Commit of a batch, and later changes: correcting rows, undoing the import, withdrawing letters."""
