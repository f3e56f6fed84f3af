"""*Personer*: pages on which KIT uploads, checks and saves a staff file."""
