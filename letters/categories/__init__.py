"""Categories: the subject area of a letter, decided by the rules of an incident (`CategoryRule`).

- `word_patterns`: the words of a rule, as a pattern that Python and PostgreSQL match alike
- `category_rules`: the default rules, and services that edit the rules
- `category_matcher`: a row at a time in Python, for the import
- `category_queries`: all letters at once in SQL
- `category_deadlines`: the deadline of a category, as people write a deadline
"""
