"""Draft texts for the sender's mail to the recipient, with the facts of the letter filled in.

The text is KIT's own, or the default in `templates/followups/drafts/`. A draft can be opened in the mail program.
"""
