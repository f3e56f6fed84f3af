"""Follow-ups: decisions, confirmations, escalations and arrivals of letters, with the pages for people."""
