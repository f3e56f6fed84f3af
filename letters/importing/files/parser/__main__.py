"""Entry point of the child process."""

import sys

from letters.importing.files.parser.child_process import main

main(*sys.argv[1:])
