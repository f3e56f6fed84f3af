"""Files as nobody wants them, each made by a few lines."""
