"""Import of KIT's lists, in a straight line: files → columns → rows → checks → plan → commit."""
