"""The WSGI application that gunicorn serves."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sepo_incident.settings")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def refuse_other_charsets(application: Application) -> Application:
    """Answer 400 to a request that declares a charset other than UTF-8.

    Browsers send UTF-8. Another charset is an attack, and some codecs break the request before Django handles the
    error.
    """

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not _is_utf8(environ.get("CONTENT_TYPE", "")):
            headers = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
            start_response("400 Bad Request", headers)
            return ["Siden forstår kun tekst i UTF-8.".encode()]
        return application(environ, start_response)

    return guarded


def _is_utf8(content_type: str) -> bool:
    """Return whether Django can parse the content type, and finds UTF-8 or no charset in the content type."""
    try:
        _, parameters = parse_header_parameters(content_type)
    except ValueError:
        return False
    return parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8")


application = refuse_other_charsets(get_wsgi_application())
