"""The search in the header of every page, and the pages about a person and about a unit."""
