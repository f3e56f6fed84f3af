"""The board of a unit (*Min enhed*): figures, progress, tables, calls and the letter list."""
