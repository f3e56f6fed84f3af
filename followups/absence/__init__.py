"""Who takes over somebody's letters, for a while or for good."""
