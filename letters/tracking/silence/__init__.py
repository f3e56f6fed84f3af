"""Find letters that are missing, learn what is usual, and keep the alarms."""
