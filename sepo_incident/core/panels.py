"""Panels: what a page shows, as plain values in the order of the page. `templates/components/panels.html` draws them.

A presenter decides what the reader may see and chooses each sentence; the template prints. A text with tags comes from
`format_html`; any other text is escaped where it is printed. A `style` is CSS classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.forms import BaseForm
from django.utils.html import format_html
from django.utils.safestring import SafeString

NOTE = "small muted"
PRIMARY, SECONDARY = "button button-primary", "button button-secondary"


class Part:
    """A part of a page, drawn by the macro of its name; a part of one page only is drawn by its `template` instead."""

    template: ClassVar[str] = ""

    @property
    def kind(self) -> str:
        return type(self).__name__


@dataclass(frozen=True)
class Text(Part):
    html: str
    style: str = ""
    id: str = ""


@dataclass(frozen=True)
class Steps(Part):
    """What to do, as a numbered list."""

    items: Sequence[str]


@dataclass(frozen=True)
class Answers(Part):
    """Rows with a `question` and an `answer`."""

    rows: Sequence[Any]


@dataclass(frozen=True)
class Action(Part):
    """A link, or with `fields` a button that posts them. `form_style`: of the form around the button."""

    label: str
    url: str
    style: str = SECONDARY
    fields: Mapping[str, object] | None = None
    form_style: str = ""


@dataclass(frozen=True)
class Actions(Part):
    """Links and buttons in a row."""

    parts: Sequence[Action]
    style: str = ""


@dataclass(frozen=True)
class PostedForm(Part):
    """A form with its button. `fields` are hidden; the browser keeps what is typed under the name `keep`."""

    form: BaseForm
    label: str
    url: str
    keep: str
    fields: Mapping[str, object]
    style: str = SECONDARY


@dataclass(frozen=True)
class Fold(Part):
    """Parts that the reader unfolds."""

    summary: str
    parts: Sequence[Part | None]
    style: str = ""
    is_open: bool = False
    is_small: bool = False


@dataclass(frozen=True)
class Alert(Part):
    """A message. With a `role` it is news, which a script moves the focus to; the text with `label_id` names it."""

    tone: str
    heading: str
    parts: Sequence[Part | None]
    icon: str = ""
    style: str = ""
    role: str = ""
    label_id: str = ""
    id: str = ""
    is_unsaved: bool = False


@dataclass(frozen=True)
class Panel(Part):
    """A section with a heading. The style "answer" marks a panel that waits for the reader."""

    heading_id: str
    heading: str
    parts: Sequence[Part | None]
    style: str = ""
    id: str = ""


@dataclass(frozen=True)
class Fact:
    """A term and its description."""

    label: str
    html: str
    style: str = ""
    value_style: str = ""


def alert_text(html: str) -> Text:
    return Text(html, "alert-text")


def link(url: str, label: str, style: str = "") -> SafeString:
    return format_html('<a{} href="{}">{}</a>', format_html(' class="{}"', style) if style else "", url, label)
