import sys

from letters.importing.reading import main

main(*sys.argv[1:])
