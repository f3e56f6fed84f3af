"""What must hold for each answer to an attack."""

from __future__ import annotations

import csv
import io
import re
import traceback
import zipfile

from django.conf import settings
from django.http import HttpResponseBase
from lxml import etree, html

from tests.access.attacker import Attacker, body_of, is_page

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
RUNS = re.compile(r"\s*(javascript|vbscript|data:text)", re.IGNORECASE)


def describe_crash(attacker: Attacker, response: HttpResponseBase) -> str:
    """Return the exception and the lines of ours that it came through, or "" if there was none."""
    if attacker.crash is None:
        return "" if response.status_code < 500 else str(response.status_code)
    trace = traceback.extract_tb(attacker.crash.__traceback__)
    ours = [f"{one.filename}:{one.lineno}" for one in trace if "site-packages" not in one.filename]
    return f"{attacker.crash!r:.200} in {ours[-3:]}"


def missing_headers(response: HttpResponseBase, *, is_signed_in: bool) -> list[str]:
    """Return the names of the security headers that the response lacks."""
    missing = [name for name, value in HEADERS.items() if response.get(name) != value]
    policy = response.get("Content-Security-Policy", "")
    parts = ("default-src 'none'", "base-uri 'none'", "frame-ancestors ")
    is_strict = "script-src 'self';" in policy or "script-src" not in policy  # files have no scripts
    if not is_strict or not all(part in policy for part in parts):
        missing.append("Content-Security-Policy")
    framed = ("DENY", "'none'") if "frame-ancestors 'none'" in policy else ("SAMEORIGIN", "'self'")
    if response.get("X-Frame-Options") != framed[0] or f"frame-ancestors {framed[1]}" not in policy:
        missing.append("X-Frame-Options")
    if is_signed_in and "no-store" not in response.get("Cache-Control", ""):
        missing.append("Cache-Control")
    return missing


def insecure_cookies(response: HttpResponseBase) -> list[str]:
    """Return the names of the cookies that a script, or another site, could use."""
    ours = {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
    return [
        name
        for name, cookie in response.cookies.items()
        if cookie.value
        and (
            name not in ours
            or not cookie["httponly"]
            or cookie["samesite"] not in ("Lax", "Strict")
            or cookie["domain"]
        )
    ]


def active_content(response: HttpResponseBase) -> list[str]:
    """Return what the texts of an attacker run in the response: tags, template code, formulas and headers."""
    content = body_of(response)
    found = [value for _, value in response.items() if "\n" in value or "\r" in value]
    if is_page(response):
        found += _active_tags(content.decode())
    elif content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            sheets = [name for name in packed.namelist() if name.startswith("xl/worksheets/")]
            found += [name for name in sheets if re.search(rb"<f[ >]", packed.read(name))]
            found += [name for name in packed.namelist() if name.startswith("/") or ".." in name]
    elif response.get("Content-Type", "").startswith("text/csv"):
        cells = [cell for line in csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";") for cell in line]
        found += [cell for cell in cells if cell[:1] in "=+@\t" and cell]
    return found


def _active_tags(page: str) -> list[str]:
    """Return the tags that run something, and what a template made of the attacker's code."""
    found = re.findall("62615533", page)
    for tag in html.document_fromstring(page or "<p>").iter(etree.Element):
        leads = [tag.get(name, "") for name in ("href", "src", "action", "formaction", "hx-get", "hx-post")]
        has_handler = any(name.startswith("on") for name in tag.attrib)
        is_script = tag.tag == "script" and tag.get("type") != "application/json" and "alert(" in (tag.text or "")
        if has_handler or is_script or any(map(RUNS.match, leads)) or tag.tag == "base":
            found.append(html.tostring(tag)[:200].decode())
    return found
