"""The kinds of notice: the follow-ups owed a notice on a day, the receivers, and the fields of the texts."""
