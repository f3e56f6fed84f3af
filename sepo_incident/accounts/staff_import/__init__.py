"""Import of a staff file into users and leader roles. Knows neither letters nor spreadsheets."""
