"""The page of one letter: facts, history, decision form, decision drafts and the acts on the letter."""
