"""KIT's pages for the texts of notices: edit and validate, preview, test mail, versions."""
