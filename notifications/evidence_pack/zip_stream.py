"""Stream a zip file while building. The bytes depend only on the contents, and ``SHA256SUMS`` covers every file."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator

#: (path in the zip, content)
Entry = tuple[str, Iterable[bytes]]
CHECKSUM_FILE = "SHA256SUMS"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class _ZipBuffer:
    """A write-only buffer that the zip writes to. The buffer cannot seek, so ``zipfile`` does not try."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        return None

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def stream_zip(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield the zip in parts, with at most one part of a file in memory.

    ``sha256sum -c SHA256SUMS`` checks all files.
    """
    pipe, sums = _ZipBuffer(), []
    with zipfile.ZipFile(pipe, "w") as packed:  # type: ignore[call-overload]
        for path, parts in entries:
            digest = hashlib.sha256()
            with packed.open(_zip_info(path), "w") as file:
                for part in parts:
                    digest.update(part)
                    file.write(part)
                    yield pipe.take()
            sums.append(f"{digest.hexdigest()}  {path}\n")
        packed.writestr(_zip_info(CHECKSUM_FILE), "".join(sums))
    yield pipe.take()


def _zip_info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, date_time=_ZIP_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system, info.external_attr = 3, 0o644 << 16
    return info
