"""Acts on many letters at once: select, decide, confirm, record statements, and show the outcome."""
