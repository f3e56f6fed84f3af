"""A compound file (OLE): little files in sectors, chained by a table. Source: [MS-CFB] 2.1 to 2.6."""

import struct
from collections.abc import Callable, Iterator

_ENTRY = 128  # bytes of a name in the folder
_TABLE_SECTORS_IN_HEADER = 109
_LAST_SECTOR = 0xFFFFFFFA  # numbers from here on are signs
_SMALL = 4096  # bytes: streams below lie in small sectors of their own
_ROOT = 5


def stream_of(content: bytes, *names: str) -> bytes:
    """The first stream of one of these names, or b"". Chains that bite their tails end."""
    sector, small_sector = (1 << min(shift, 16) for shift in struct.unpack_from("<HH", content, 30))
    (folder_at,) = struct.unpack_from("<I", content, 48)
    (small_table_at,) = struct.unpack_from("<I", content, 60)

    def big(number: int) -> bytes:
        return content[(number + 1) * sector : (number + 2) * sector]

    table = _numbers(b"".join(map(big, _table_sectors(content, big))))
    folder = _joined(folder_at, table, big)
    entries = [folder[at : at + _ENTRY] for at in range(0, len(folder) - _ENTRY + 1, _ENTRY)]
    found = next((entry for entry in entries if _name(entry) in names), None)
    if found is None:
        return b""
    start, size = struct.unpack_from("<II", found, 116)
    if size >= _SMALL:
        return _joined(start, table, big)[:size]
    root = next(entry for entry in entries if entry[66] == _ROOT)
    smalls = _joined(struct.unpack_from("<I", root, 116)[0], table, big)

    def small(number: int) -> bytes:
        return smalls[number * small_sector : (number + 1) * small_sector]

    return _joined(start, _numbers(_joined(small_table_at, table, big)), small)[:size]


def _table_sectors(content: bytes, big: Callable[[int], bytes]) -> Iterator[int]:
    """Where the table lies: the first 109 sectors stand in the header, the others in a chain of lists."""
    listed = struct.unpack_from(f"<{_TABLE_SECTORS_IN_HEADER}I", content, 76)
    yield from (number for number in listed if number < _LAST_SECTOR)
    at, lists = struct.unpack_from("<II", content, 68)
    for _ in range(min(lists, len(content) // _SMALL)):
        if at >= _LAST_SECTOR or not (numbers := _numbers(big(at))):
            return
        yield from (number for number in numbers[:-1] if number < _LAST_SECTOR)
        at = numbers[-1]


def _numbers(sectors: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sectors) // 4}I", sectors[: len(sectors) // 4 * 4])


def _joined(at: int, table: tuple[int, ...], sector: Callable[[int], bytes]) -> bytes:
    parts: list[bytes] = []
    while at < len(table) and len(parts) < len(table):
        parts.append(sector(at))
        at = table[at]
    return b"".join(parts)


def _name(entry: bytes) -> str:
    (length,) = struct.unpack_from("<H", entry, 64)
    return entry[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
