"""A mail from its row to the mail server and the server's answer: rows, bytes, one conversation."""
