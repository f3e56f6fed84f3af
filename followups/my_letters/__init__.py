"""*Mine breve*: a sender's letters, most urgent first."""
