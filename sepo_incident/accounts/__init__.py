"""People and the tree they stand in: who somebody is, and what their role lets them do."""
