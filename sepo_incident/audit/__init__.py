"""What keeps every ledger insert-only, and chains what is written in all of them (README, *The chain*)."""
