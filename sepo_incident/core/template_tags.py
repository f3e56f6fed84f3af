"""Filters of the templates, and functions that render icons and chips. `core.jinja` gives them to the templates."""

import datetime as dt
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.forms import BaseForm, BoundField, Textarea
from django.template.defaultfilters import date as date_by_pattern
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sepo_incident.core import danish
from sepo_incident.core.danish import Badge
from sepo_incident.core.forms import CPR_REFUSAL, FreeText

MOST_IN_ADDRESS = 100
BREAKABLE_DATE_PART = re.compile(r"(\d\.|kl\.) ")


def skip_blank(word: Callable[..., str]) -> Callable[..., str]:
    """Wrap a filter so that None and "" give ""."""

    def filtered(value: Any, *rest: Any) -> str:
        return "" if value is None or value == "" else word(value, *rest)

    return filtered


def date(value: dt.date | None, pattern: str | None = None) -> str:
    """Format as «15. januar 2020»; with a pattern (`d|date("c")`) use Django's own filter."""
    if pattern is not None:
        return date_by_pattern(value, pattern)
    return danish.date(value) if value else ""


def count(value: int | None, words: str) -> str:
    """Format a number with a noun: `{{ n|count("brev,breve") }}` gives «1 brev» or «14 breve»."""
    return "" if value is None else danish.count(value, *words.split(","))


@cache
def icon(name: str, css_class: str = "") -> SafeString:
    """Render an icon of DKFDS's sprite, hidden from screen readers because the adjacent text says the same."""
    return format_html(
        '<svg class="icon-svg{}" focusable="false" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" {css_class}" if css_class else "",
        static("dkfds/img/all-svg-icons.svg"),
        name,
    )


def chip_tag(label: str, tone: str = "", icon_name: str = "") -> SafeString:
    """Render a chip: `{{ chip("Personalesag", "is-info", "lock") }}`."""
    return format_html(
        '<span class="chip{}">{}{}</span>',
        f" {tone}" if tone else "",
        icon(icon_name) if icon_name else "",
        label,
    )


def chip(badge: Badge | None) -> SafeString | str:
    """Render a `Badge` as a chip: `{{ letter.status_badge|chip }}`."""
    return chip_tag(*badge) if badge else ""


def phone_link(number: str, name: str = "") -> SafeString:
    """Render a phone number as a link that calls. With `name`, a screen reader says whom the link calls."""
    whom = format_html('<span class="sr-only">Ring til {}, </span>', name) if name else ""
    return format_html('<a class="nowrap" href="{}">{}{}</a>', danish.phone_url(number), whom, number)


def unbroken(date_in_words: str) -> str:
    """Put no-break spaces inside «15. januar» and «kl. 14.05», for narrow columns. Mails keep plain spaces."""
    return BREAKABLE_DATE_PART.sub("\\1\N{NO-BREAK SPACE}", date_in_words)


def styled(field: BoundField, css_class: str) -> SafeString:
    """Render the field's control with a DKFDS class added to the control's own classes.

    A text area with a character limit loses `maxlength`, because the page counts characters instead of cutting the
    text off. A field that refuses CPR numbers gets the refusal as `data-no-cpr`, which the page shows while the
    user types.
    """
    own = field.field.widget.attrs.get("class", "")
    attrs: dict[str, Any] = {"class": f"{css_class} {own}".strip()}
    if limit(field):
        attrs |= {"maxlength": False, "aria-describedby": f"{field.aria_describedby} {field.auto_id}_limit".strip()}
    if isinstance(field.field, FreeText):
        attrs["data-no-cpr"] = CPR_REFUSAL
    return field.as_widget(attrs=attrs)


def too_many_for_address(ticked: int) -> bool:
    """Return whether a form sends so many ticked letters as a POST. The way back after signing in is an address."""
    return ticked > MOST_IN_ADDRESS


def limit(field: BoundField) -> int | None:
    """Return the character limit of a text area, or None."""
    return getattr(field.field, "max_length", None) if isinstance(field.field.widget, Textarea) else None


def error_links(form: BaseForm) -> list[tuple[str, str]]:
    """Return (id of the control, message) for every error in page order. An id of "" means the whole form.

    The errors of a form about ticked rows lead to `list_id`, the heading above the rows.
    """
    if not form.is_bound:
        return []
    links = [(getattr(form, "list_id", ""), str(error)) for error in form.non_field_errors()]
    for field in form.visible_fields():
        first_control = f"{field.auto_id}_0" if field.use_fieldset else field.id_for_label
        label = str(field.label).removesuffix(" (kan udelades)").rstrip(":")
        sign = "" if label.endswith("?") else ":"
        links += [(first_control, f"{label}{sign} {error}") for error in field.errors]
    return links + [("", str(error)) for field in form.hidden_fields() for error in field.errors]
