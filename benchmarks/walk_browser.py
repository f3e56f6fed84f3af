"""A browser without a screen: sends requests as a persona, and finds the links and forms of a page."""

import http.client
import json
from collections import defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import quote, urlencode, urljoin

from walk_text import Recording, to_text

#: headers that differ between two answers with the same content
OMITTED_HEADERS = {"date", "server", "connection", "content-length", "x-request-id", "etag", "last-modified"}
#: by the end of a field's name: what `filled_values` types
DATE = {"day": "1", "month": "4", "year": "2026"}


@dataclass
class Response:
    """What the server answered to one request."""

    address: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass
class Field:
    """A control of a form. `value` is None if the control sends nothing as it stands."""

    name: str
    value: str | None
    kind: str
    choices: list[str]


@dataclass
class Form:
    """A form, or an element that posts a part of a page. `buttons`: name, value and formaction."""

    action: str
    method: str
    is_partial: bool = False
    is_multipart: bool = False
    fields: list[Field] = field(default_factory=list)
    extra: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    def values(self) -> list[tuple[str, object]]:
        """Return what the form sends as it stands."""
        sent = [(one.name, one.value) for one in self.fields if one.value is not None and one.kind != "file"]
        return [*sent, *self.extra]

    def filled_values(self, file: Path) -> list[tuple[str, object]]:
        """Return what the form sends when each field has a text, a choice or the file."""
        sent: dict[str, object] = {}
        for one in self.fields:
            if one.kind in ("radio", "checkbox"):
                sent.setdefault(one.name, one.value or one.choices[0])
            elif one.kind in ("hidden", "file"):
                sent[one.name] = one.value if one.kind == "hidden" else file
            else:
                text = one.value or ("2" if one.kind == "number" else "Vi prøver det.")
                sent[one.name] = one.choices[-1] if one.choices else DATE.get(one.name.rpartition("_")[2], text)
        return [*sent.items(), *self.extra]


class Page(HTMLParser):
    """A parsed page: `links` (address, and the htmx target if a part is requested) and `forms`."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.address, self.links, self.forms = response.address, set(), []
        self.fields: defaultdict[str, list[Field]] = defaultdict(list)  # by the id of their form
        self.buttons: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self.form_id, self.select, self.textarea = "", None, None
        if response.header("content-type").startswith("text/html"):
            self.feed(response.body.decode())
        for form in self.forms:
            if form.method == "get":
                self.add_links_of(form)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        attributes = {name: value or "" for name, value in attrs}
        for name in {"href", "src"} & set(attributes):
            self.add_link(attributes[name], "")
        if "hx-get" in attributes:
            self.add_link(attributes["hx-get"], attributes.get("hx-target", "#" + attributes.get("id", "")))
        if tag == "form":
            self.form_id = attributes.get("id") or f"form {len(self.forms)}"
            form = Form(attributes.get("action", ""), attributes.get("method", "get").lower())
            form.is_multipart = "multipart" in attributes.get("enctype", "")
            form.fields, form.buttons = self.fields[self.form_id], self.buttons[self.form_id]
            self.forms.append(form)
        if "hx-post" in attributes:
            # outside a form the element encloses the next one
            form_id = self.form_id or f"form {len(self.forms) + 1}"
            extra = list(json.loads(attributes.get("hx-vals", "{}")).items())
            self.forms.append(Form(attributes["hx-post"], "post", True, fields=self.fields[form_id], extra=extra))
        if tag in ("input", "select", "textarea", "button") and "disabled" not in attributes:
            self.add_control(tag, attributes)
        if tag == "option" and self.select:
            self.select.choices.append(attributes.get("value", ""))
            if "selected" in attributes or self.select.value is None:
                self.select.value = attributes.get("value", "")

    def add_control(self, tag: str, attributes: dict[str, str]) -> None:
        """Add a field or a button to its form."""
        name, value, kind = (attributes.get(key, "") for key in ("name", "value", "type"))
        form_id = attributes.get("form", self.form_id)
        if tag == "button" or kind == "submit":
            if kind in ("", "submit"):
                self.buttons[form_id].append((name, value, attributes.get("formaction", "")))
            return
        if kind in ("radio", "checkbox"):
            control = Field(name, (value or "on") if "checked" in attributes else None, kind, [value or "on"])
        else:
            control = Field(name, None if tag == "select" else value, kind if tag == "input" else tag, [])
        self.select, self.textarea = (control if tag == one else None for one in ("select", "textarea"))
        if name:
            self.fields[form_id].append(control)

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.textarea.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form_id = ""
        if tag == "textarea" and self.textarea:
            self.textarea.value, self.textarea = self.textarea.value.removeprefix("\n"), None
        if tag == "select":
            self.select = None

    def add_link(self, href: str, target: str) -> None:
        """Add a link if it leads to the same site."""
        address = urljoin(self.address, href).partition("#")[0]
        if address.startswith("/") and not address.startswith("//"):
            self.links.add((address, target))

    def add_links_of(self, form: Form) -> None:
        """Add what a GET form requests as it stands and, if it is empty, with each single choice."""
        base, sent = (urljoin(self.address, form.action) or self.address).partition("?")[0], form.values()
        self.add_link(f"{base}?{urlencode(sent)}", "")
        if not any(value for _, value in sent):
            for control in form.fields:
                for choice in control.choices:
                    others = [(name, value) for name, value in sent if name != control.name]
                    self.add_link(f"{base}?{urlencode([*others, (control.name, choice)])}", "")


@dataclass
class Browser:
    """The browser of one persona."""

    persona: str
    port: int
    recording: Recording
    cookies: dict[str, str] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)

    def request(self, address: str, target: str = "", body: bytes | None = None, kind: str = "") -> Response:
        """Return the response to a GET, or to a POST of `body`. With a target, request a part as htmx does."""
        address = address.partition("#")[0]
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if target:
            headers |= {"HX-Request": "true"} | ({"HX-Target": target[1:]} if target[:1] == "#" and target[1:] else {})
        if body is not None:
            headers["Content-Type"] = kind or "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET" if body is None else "POST", quote(address, safe="/?&=%:+,;@~!*'()"), body, headers)
        answer = connection.getresponse()
        response = Response(address, answer.status, answer.getheaders(), answer.read())
        connection.close()
        for name, value in response.headers:
            if name.lower() == "set-cookie":
                self.cookies |= {cookie.key: cookie.value for cookie in SimpleCookie(value).values()}
        return response

    def open(self, address: str) -> Page:
        return Page(self.request(address))

    def submit(self, page: Page, form: Form, values: list, action: str = "") -> Response:
        """Return the response to the form with these values; a Path is sent as a file."""
        address, kind, body = urljoin(page.address, action or form.action) or page.address, "", b""
        if form.is_multipart:
            kind = "multipart/form-data; boundary=walk"
            for name, value in values:
                file = f'; filename="{value.name}"' if isinstance(value, Path) else ""
                content = value.read_bytes() if isinstance(value, Path) else value.encode()
                body += f'--walk\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()
                body += content + b"\r\n"
            body += b"--walk--\r\n"
        else:
            body = urlencode([(name, value) for name, value in values if isinstance(value, str)]).encode()
        return self.request(address, "#" if form.is_partial else "", body, kind)

    def record(self, name: str, what: str, response: Response) -> None:
        """Record a request with the status, headers and body of its response."""
        kept = sorted(f"{key}: {value}" for key, value in response.headers if key.lower() not in OMITTED_HEADERS)
        body = to_text(response.body).replace(response.header("x-request-id") or "<none>", "<request id>")
        head = [f"{what} {response.address} as {self.persona}", str(response.status), *kept, "", body]
        self.recording.write(name, "\n".join(head))
