"""Lists and boards as files: a letter list as Excel or CSV, a board as a workbook with charts."""
