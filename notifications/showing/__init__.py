"""The read models of KIT's pages: who gets what, how far it is, and why a mail is where it is."""
