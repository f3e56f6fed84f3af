"""A staff file on its way in: rows → plan → commit. Knows no letters and no spreadsheets."""
