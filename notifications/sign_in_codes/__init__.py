"""Codes that sign people in: the mail with the code, past pauses and speed limits of all other mail."""
