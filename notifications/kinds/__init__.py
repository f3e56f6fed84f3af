"""What is owed to whom on a day: looks down, and finds it."""
