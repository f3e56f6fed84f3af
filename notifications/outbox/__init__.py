"""The outbox: the queue of deliveries, the conversation with the mail server, and the pages of sent mails."""
