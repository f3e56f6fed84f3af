"""Mail to employees: notices, reminders and digests; the outbox that sends, and the inbox that reads replies."""
