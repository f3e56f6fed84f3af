"""Categories: the subject area of a letter, decided by the rules of an incident (`CategoryRule`).

- `category_rules`: the default rules, services that edit the rules, and the deadline of a category as text
- `category_matching`: the words of a rule as a pattern, a row at a time in Python, and all letters at once in SQL
"""
