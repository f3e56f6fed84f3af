"""*Mine breve*: a sender's letters in the order they are urgent."""
