"""A zip that is sent as it is made, whose bytes depend on nothing but what is in it, with ``SHA256SUMS`` of it all."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator

#: path in the zip, and its bytes
Entry = tuple[str, Iterable[bytes]]
CHECKSUM_FILE = "SHA256SUMS"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class _ZipBuffer:
    """What the zip writes, until it is taken. It cannot be gone back in, so the zip never asks to."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        return None

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def stream_zip(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Part by part: no more than one part of one file is in memory. ``sha256sum -c SHA256SUMS`` checks all of them."""
    pipe, sums = _ZipBuffer(), []
    with zipfile.ZipFile(pipe, "w") as packed:  # type: ignore[call-overload]
        for path, parts in entries:
            digest = hashlib.sha256()
            with packed.open(_zip_info(path), "w") as file:
                for part in parts:
                    digest.update(part)
                    file.write(part)
                    yield pipe.taken()
            sums.append(f"{digest.hexdigest()}  {path}\n")
        packed.writestr(_zip_info(CHECKSUM_FILE), "".join(sums))
    yield pipe.taken()


def _zip_info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, date_time=_ZIP_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info
