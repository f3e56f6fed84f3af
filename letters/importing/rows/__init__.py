"""Rows of a list: rules for cells, parsing of rows, and matching with units."""
