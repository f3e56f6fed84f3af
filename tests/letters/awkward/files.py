"""All awkward files by name, with the expected result. A file is built when a test asks for the bytes."""

from tests.letters.awkward import readable_files, refused_files
from tests.letters.awkward.expected_results import HEADERS, LIST, Read, Refused, text

__all__ = ["FILES", "HEADERS", "LIST", "Read", "Refused", "text"]

FILES: dict[str, Read | Refused] = {**readable_files.FILES, **refused_files.FILES}
