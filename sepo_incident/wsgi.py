"""The WSGI application that gunicorn serves."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sepo_incident.settings")

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)


def refuse_other_charsets(application: Application) -> Application:
    """Answer 400 to a request that declares a charset other than UTF-8.

    Browsers send UTF-8. Another charset is an attack, and some codecs break the request before Django handles the
    error.
    """

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        charset = CHARSET.search(environ.get("CONTENT_TYPE", ""))
        if charset and charset[1].lower() not in ("utf-8", "utf8"):
            start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
            return ["Siden forstår kun tekst i UTF-8.".encode()]
        return application(environ, start_response)

    return guarded


application = refuse_other_charsets(get_wsgi_application())
