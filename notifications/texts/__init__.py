"""The texts of notices: versions, composing a mail, and KIT's pages to edit, preview and test a text."""
