"""Open letters that nobody can answer for: the daily check, the page and the explanations."""
