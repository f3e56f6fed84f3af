"""Fill the current text of a notice kind with the facts about a receiver's letters."""
