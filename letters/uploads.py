"""Upload handler: the bytes of a file that is too big are let go as they come, instead of filling the disk."""

from typing import IO, Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from letters.importing.reader import MAX_BYTES

#: What a form adds around its file.
ROOM_FOR_FORM = 64 * 1024


def is_too_big(content_length: int) -> bool:
    return content_length > MAX_BYTES + ROOM_FOR_FORM


class RefuseHugeFiles(FileUploadHandler):
    """First in ``FILE_UPLOAD_HANDLERS``. The form's other fields arrive, so the page can say what was wrong."""

    _is_huge = False

    def handle_raw_input(
        self, input_data: IO[bytes], META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        self._is_huge = is_too_big(content_length)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self._is_huge:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
