"""*Ikke nået*: people whom a mail did not reach, and ways to resolve the failure."""
