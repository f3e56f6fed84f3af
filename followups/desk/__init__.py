"""Page *Eskaleringer*: a desk's queue, answers and standard answers."""
