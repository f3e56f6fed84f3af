"""Pages on which KIT edits the category rules of the incident."""
