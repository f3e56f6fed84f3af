"""Rules about a letter: rights, responsibility, due dates, completeness and arrival status."""
