"""Import of a staff file: staging → plan → commit. Knows neither letters nor spreadsheets."""
