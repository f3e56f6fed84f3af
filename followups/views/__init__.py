"""One file per page: ``my_letters``, ``letter``, ``boards``, ``escalations``, ``incidents``."""
