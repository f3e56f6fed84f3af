"""What we have told whom. Looks down and finds what is owed."""
