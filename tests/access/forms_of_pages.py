"""The forms on the pages that the access rules name, as a browser would read them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from django.urls import resolve
from lxml import html

from tests.access.access_checks import url_of
from tests.access.access_rules import RULES
from tests.access.attacker import Attacker, body_of, is_page, some, undone

TYPED = {"text", "search", "email", "tel", "number", "password", "url", "textarea"}


@dataclass
class Field:
    """A control of a form. `value` is what the form sends when somebody has filled it in."""

    name: str
    kind: str
    value: str


@dataclass
class PageForm:
    """A form that is posted to `action`, with one of its buttons."""

    action: str
    fields: list[Field]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({one.name for one in self.fields}))


def read_forms(page: str, address: str) -> list[PageForm]:
    """Return the forms of the page that are posted, once for each button, and the parts that htmx posts."""
    tree = html.document_fromstring(page or "<p>")
    found = []
    for form in tree.forms:
        controls = [one for one in form.iter("input", "select", "textarea", "button") if "form" not in one.attrib]
        controls += tree.xpath("//*[@form=$id]", id=form.get("id", ""))
        fields, buttons = _fields(controls), [one for one in controls if _is_button(one)]
        if form.get("method", "get").lower() == "post":
            for button in buttons or [form]:
                pressed = [Field(name, "hidden", button.get("value", ""))] if (name := button.get("name")) else []
                action = button.get("formaction") or form.get("action") or address
                found.append(PageForm(urljoin(address, action), [*fields, *pressed]))
        parts = {one.get("hx-post") for one in form.iter() if one.get("hx-post")}
        found += [PageForm(urljoin(address, one), fields) for one in parts]
    return [PageForm(one.action.partition("#")[0], one.fields) for one in found]


def _is_button(control: html.HtmlElement) -> bool:
    return control.get("type", "submit") == "submit" and control.tag in ("button", "input")


def _fields(controls: list[html.HtmlElement]) -> list[Field]:
    found: dict[str, Field] = {}
    for one in controls:
        name, kind = one.get("name"), one.get("type", "text") if one.tag == "input" else one.tag
        if not name or name == "csrfmiddlewaretoken" or kind in ("button", "submit"):
            continue
        if kind == "select":
            value = [option.get("value", "") for option in one.iter("option")][-1:]
        else:
            value = [one.get("value") or one.text or _typical_value(name, kind)]
        if name not in found or one.get("checked") is not None:
            found[name] = Field(name, kind, "".join(value))
    return list(found.values())


def _typical_value(name: str, kind: str) -> str:
    part = re.search(r"_(day|month|year)$", name)
    if part:
        return {"day": "14", "month": "1", "year": "2020"}[part[1]]
    return {"number": "2", "email": "karen@kk.example", "checkbox": "on"}.get(kind, "Vi prøver det.")


def forms_of_pages(stage, rules=RULES) -> Iterator[tuple[str, str, PageForm]]:
    """Yield (person, address of the page, form) of the pages of `rules`, each form once."""
    seen = set()
    for name, access in rules:
        with undone():
            path = url_of(name, access, stage)
            for person in some(sorted(access.sees), 1, 0):
                page = Attacker(stage.sessions[person]).send("GET", path)
                if page.status_code == 200 and is_page(page):
                    for form in read_forms(body_of(page).decode(), path):
                        key = (resolve(form.action.partition("?")[0]).route, form.names)
                        if key not in seen:
                            seen.add(key)
                            yield person, path, form
