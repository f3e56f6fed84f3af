"""Dispatches of letters on each channel, and the receipts of mail systems."""
