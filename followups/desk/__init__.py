"""*Eskaleringer*: the queue of a desk, and what is written there."""
