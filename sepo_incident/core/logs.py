"""Structured logs: one JSON object per line, a reference number per request, no personal data."""

import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from sepo_incident.core import cpr

request_id: ContextVar[str] = ContextVar("request_id", default="")
#: Id of the DIT or KIT user who impersonates the request's user and therefore did what the log line describes
#: (accounts/impersonation.py).
impersonator_id: ContextVar[int | None] = ContextVar("viewed_by", default=None)
logger = logging.getLogger("sepo.requests")
security_logger = logging.getLogger("sepo.security")

#: Attributes that a log call may add with `extra={…}`: numbers and codes, never names, addresses or texts.
EXTRA_FIELDS = ("event", "user_id", "status", "path", "method", "ms")


def log_security_event(event: str, user_id: int | None, **numbers: int | str) -> None:
    """Write one line to the security log: the event, the acting user, and numbers or fingerprints of the object."""
    security_logger.info(event, extra={"event": event, "user_id": user_id, "numbers": numbers})


#: PostgreSQL's lines below an error («Failing row contains (…)»), in a traceback or in the exception's repr.
_REFUSED_ROW = re.compile(r"(?:\n|\\n)(?:DETAIL|CONTEXT):.*?(?=\n\n(?:The above|During handling)|\Z)", re.DOTALL)


def remove_personal_data(text: str) -> str:
    """Return the text without the row that the database refused and without CPR numbers."""
    return cpr.mask(_REFUSED_ROW.sub("", text))


class PersonalDataFilter(logging.Filter):
    """Remove personal data that got into a log message; the last line of defence."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = remove_personal_data(record.getMessage())
        record.args = None
        return True


class JsonFormatter(logging.Formatter):
    """Format a record as `{"at", "level", "logger", "message", "request", …fields}`; a traceback is `trace`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request"] = request_id.get()
        fields = {name: getattr(record, name) for name in EXTRA_FIELDS if hasattr(record, name)}
        line |= {name: cpr.mask(value) if isinstance(value, str) else value for name, value in fields.items()}
        line |= getattr(record, "numbers", {})
        if impersonator_id.get():
            line |= {"user_id": impersonator_id.get(), "as_user_id": line.get("user_id")}
        if record.exc_info:
            line["trace"] = remove_personal_data(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


class RequestLogMiddleware:
    """Give each request a reference number (shown on error pages) and log the request in one line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reference = secrets.token_hex(4)
        request.request_id = reference  # type: ignore[attr-defined]
        token, nobody = request_id.set(reference), impersonator_id.set(None)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            self._write(request, response, started)
        finally:
            impersonator_id.reset(nobody)
            request_id.reset(token)
        response["X-Request-Id"] = reference
        return response

    def _write(self, request: HttpRequest, response: HttpResponse, started: float) -> None:
        user = getattr(request, "user", None)
        extra = {
            "method": request.method,
            "path": request.path,
            "status": response.status_code,
            "ms": round((time.perf_counter() - started) * 1000, 1),
            "user_id": getattr(user, "pk", None),
        }
        refused = response.status_code in (401, 403, 404, 429) and user is not None
        (security_logger if refused else logger).info("refused" if refused else "request", extra=extra)
