"""One decision about many letters: chosen, answered once, and what became of it."""
