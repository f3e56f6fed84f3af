"""Dispatches: request, approve, write, pause and stop, and the pages that show the progress."""
