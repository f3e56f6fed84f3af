"""What every verb answers whose ground has moved: somebody else was first."""


class Conflict(Exception):
    """It is no longer as it was shown to whoever acts, and nothing is changed."""
