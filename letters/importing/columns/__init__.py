"""Columns of a list: proposed meanings, questions to people, and a preview of the rows."""
