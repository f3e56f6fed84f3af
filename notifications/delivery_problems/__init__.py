"""The people whom a mail did not reach: who they are, and seeing it through."""
