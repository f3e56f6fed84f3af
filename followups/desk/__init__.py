"""Page *Henvendelser*: a desk's queue, answers and standard answers."""
