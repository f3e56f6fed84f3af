"""Files of every kind with some bytes changed, as a bad disk or a bad line changes them."""

from collections.abc import Iterator
from random import Random

from tests.letters.awkward import parts, readable_files

KINDS = (
    "xlsx",
    "xls",
    "ods",
    "utf-8",
    "utf-16 as Exchange writes it",
    "windows-1252",
    "errors in xls",
    "errors in ods",
)
_EXTREMES = (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff\xff\xff\x7f", b"\xfe\xff\xff\xff")


def mutate_files(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """Yield (name of the original, mutated content). The same seed gives the same files."""
    random = Random(seed)
    originals = {name: readable_files.FILES[name].make() for name in KINDS}
    for _ in range(count):
        name = random.choice(KINDS)
        content = originals[name]
        is_inside = content.startswith(b"PK") and random.random() < 0.6
        yield name, _changed_inside(content, random) if is_inside else _changed(content, random)


def _changed_inside(content: bytes, random: Random) -> bytes:
    """Change one part of a zip. The archive itself stays valid."""
    unzipped = parts.unzipped(content)
    name = random.choice(list(unzipped))
    return parts.zipped({**unzipped, name: _changed(unzipped[name], random)})


def _changed(content: bytes, random: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 5, 20, 100))):
        at = random.randrange(len(changed) + 1)
        match random.randrange(6):
            case 0:
                changed[at : at + 1] = random.randbytes(1)
            case 1:
                changed[at : at + 4] = random.choice(_EXTREMES)
            case 2:
                del changed[at : at + random.choice((1, 2, 8, 100, 1000))]
            case 3:
                changed[at:at] = random.randbytes(random.choice((1, 4, 50)))
            case 4:
                other = random.randrange(len(changed) + 1)
                changed[at : at + 50] = changed[other : other + 50]
            case 5 if random.random() < 0.3:
                del changed[at:]
    return bytes(changed)
