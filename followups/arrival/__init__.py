"""Page *Er brevet kommet frem?*: reports about a letter's arrival, proof files, and taking back."""
