"""A board as a file: a workbook with charts."""
