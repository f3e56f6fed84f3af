"""Commands: run the demo, fill the demo database, stop the engines."""
