"""KIT's pages of the texts: the form and what it refuses, the preview on anybody, the versions beside each other."""
