"""The WSGI application that gunicorn serves."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.urls import reverse
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sepo_incident.settings")

django_application = get_wsgi_application()
reverse("api:take_receipts")  # imports all pages now, so that the first visitor does not wait for them


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with Django, and 400 to a request that declares a charset other than UTF-8.

    Browsers send UTF-8. Another charset is an attack, and some codecs break the request before Django handles the
    error.
    """
    try:
        _, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
    except ValueError:
        parameters = {"charset": "?"}
    if parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8"):
        return django_application(environ, start_response)
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
    start_response("400 Bad Request", headers)
    return [b"Siden kan kun modtage tekst i UTF-8."]
