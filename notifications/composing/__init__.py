"""From what is owed, and the text that counts, to the words of a mail."""
