"""A dispatch from the button or the clock to rows in the outbox; who approves, pauses and stops it; and the
ladder's switch, steps and pauses."""
