#!/usr/bin/env python
"""Run a Django command, with the bundled engines if needed.

A command shares engines that already run, or starts engines that stop together with the command.
"""

import os
import sys
from contextlib import nullcontext

from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, OperationalError, ProgrammingError
from psycopg2.errors import UndefinedTable

from sepo_incident import embedded

WITHOUT_ENGINES = {
    "help", "version", "check", "collectstatic", "compilemessages", "makemessages", "diffsettings", "findstatic",
    "make_list", "read_list", "classify_mail", "stop_engines",
    "demo",  # starts its own engines and names a running owner
}  # fmt: skip
NO_DATABASE = "Databasen svarer ikke. Se efter, at PostgreSQL kører, og at DATABASE_URL er rigtig. Kør så igen."
BAD_ARGUMENT = "Et argument er for langt, for stort eller har tegn, der ikke kan gemmes. Ret det, og kør igen."
EMPTY = "Databasen er tom. Kør først make demo, eller kør manage.py migrate, hvis det ikke skal være prøveudgaven."


def needs_engines(arguments: list[str]) -> bool:
    asks_for_help = not arguments or arguments[0].startswith("-") or {"-h", "--help", "--version"} & set(arguments)
    # make_list needs the database only with --incident
    asks_for_incident = any(one.partition("=")[0] == "--incident" for one in arguments)
    return not asks_for_help and (arguments[0] not in WITHOUT_ENGINES or asks_for_incident)


def choose_mode(arguments: list[str]) -> None:
    """Set `DEMO=1` for the demo command and if nothing is configured.

    A web server does not use manage.py, so production cannot become a demo by mistake.
    """
    is_configured = {"DJANGO_DEBUG", "DEMO", "DJANGO_SECRET_KEY", "DATABASE_URL"} & set(os.environ)
    if arguments[:1] == ["demo"] or not is_configured:
        os.environ["DEMO"] = "1"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sepo_incident.settings")
    choose_mode(sys.argv[1:])
    try:
        with embedded.running_engines() if needs_engines(sys.argv[1:]) else nullcontext():
            run()
    except embedded.EngineProblem as problem:
        sys.exit(str(problem))
    except ImproperlyConfigured as problem:
        where = "docs/operations.md fortæller om hver indstilling under Configuration."
        sys.exit(f"Systemet er ikke sat helt op: {problem}\n{where}")
    except ProgrammingError as problem:
        if not isinstance(problem.__cause__, UndefinedTable):
            raise
        sys.exit(EMPTY)
    except OperationalError as problem:
        sys.exit(f"{NO_DATABASE}\n{problem}")
    except (DataError, OverflowError, UnicodeEncodeError) as problem:
        sys.exit(f"{BAD_ARGUMENT}\n{problem!r}")
    except BrokenPipeError:  # the reader of our output has closed the pipe (`| head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run() -> None:
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    finally:
        sys.stdout.flush()  # flush here, so that main() catches a closed pipe


if __name__ == "__main__":
    main()
