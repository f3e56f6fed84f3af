"""A list on its way in, one straight line: reader → rows → plan → commit."""
