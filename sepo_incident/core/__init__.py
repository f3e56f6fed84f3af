"""Code without knowledge of letters or people: dates, CPR numbers, forms, spreadsheets, locks, logs and COPY."""
