"""Is the prepared data whole? Until then the sign-in page asks for patience, and what was cut short is begun anew."""

from pathlib import Path

from django.db import ProgrammingError
from psycopg2.errors import UndefinedTable

from sepo_incident import embedded
from sepo_incident.accounts.models import User


def half_filled() -> Path:
    """A file that stands in the data folder from before the first row until the last."""
    return embedded.data_folder() / "half-filled"


def is_getting_ready() -> bool:
    return half_filled().exists()


def is_empty() -> bool:
    """Nobody is there yet, maybe not even the tables."""
    try:
        return not User.objects.exists()
    except ProgrammingError as problem:
        if isinstance(problem.__cause__, UndefinedTable):
            return True
        raise
