#!/usr/bin/env python
"""Every command works on its own: it shares the engines that run, or starts them for as long as it takes."""

import os
import sys
from contextlib import nullcontext

from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError
from psycopg2.errors import UndefinedTable

from sepo_incident import embedded

WITHOUT_ENGINES = {
    "help", "version", "check", "collectstatic", "compilemessages", "makemessages", "diffsettings", "findstatic",
    "make_list", "read_list", "classify_mail", "stop_engines",
    "demo",  # starts its own, and says who is in the way
}  # fmt: skip
EMPTY = "Databasen er tom. Kør først make demo, eller kør manage.py migrate, hvis det ikke skal være prøveudgaven."


def needs_engines(arguments: list[str]) -> bool:
    asks_for_help = not arguments or arguments[0].startswith("-") or {"-h", "--help", "--version"} & set(arguments)
    asks_for_incident = any(one.partition("=")[0] == "--incident" for one in arguments)  # make_list may
    return not asks_for_help and (arguments[0] not in WITHOUT_ENGINES or asks_for_incident)


def choose_mode(arguments: list[str]) -> None:
    """With nothing configured this is a demo machine. A web server never passes here, so production cannot slip in."""
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
        sys.exit(f"Systemet er ikke sat helt op: {problem}\nREADME fortæller om hver indstilling under Configuration.")
    except ProgrammingError as problem:
        if not isinstance(problem.__cause__, UndefinedTable):
            raise
        sys.exit(EMPTY)
    except BrokenPipeError:  # whoever read our words (`| head`) has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run() -> None:
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    finally:
        sys.stdout.flush()  # here, where a reader that has left is met


if __name__ == "__main__":
    main()
