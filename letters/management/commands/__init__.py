"""Commands that import lists and staff files, check a file, and write a sample list."""
