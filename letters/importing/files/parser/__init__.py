"""Child process that parses spreadsheets and csv files, started by `reader`."""
