"""Plan of an import: comparison with letters and units, and the choices of people."""
