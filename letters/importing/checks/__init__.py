"""Checks of staged rows: duplicates, addresses, personnel cases, and returned workbooks."""
