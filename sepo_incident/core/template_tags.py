"""Template builtins: the words of ``danish`` as filters, and the two smallest pieces of the design, icon and chip.

Nothing in, nothing out: a filter on ``None`` or an empty string gives an empty string.
"""

import datetime as dt
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import template
from django.forms import BaseForm, BaseFormSet, BoundField, Textarea
from django.template.defaultfilters import date as date_by_pattern
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sepo_incident.core import danish
from sepo_incident.core.danish import Badge
from sepo_incident.core.forms import CPR_REFUSAL, FreeText

register = template.Library()

BREAKABLE_DATE_PART = re.compile(r"(\d\.|kl\.) ")


def skip_blank(word: Callable[..., str]) -> Callable[..., str]:
    @wraps(word)
    def filtered(value: Any, *rest: Any) -> str:
        return "" if value is None or value == "" else word(value, *rest)

    return filtered


for name in (
    "clock",
    "day_month",
    "days_left",
    "duration",
    "hyphenated",
    "moment",
    "moment_relative",
    "number",
    "number_word",
    "weekday",
    "weekday_date",
    "weekday_date_short",
    "weekday_time",
    "capitalized",
    "window",
):
    register.filter(name, skip_blank(getattr(danish, name)))


@register.filter
def date(value: dt.date | None, pattern: str | None = None) -> str:
    """``{{ d|date }}`` is 15. januar 2020; with a pattern (``d|date:"c"``) it is Django's own filter."""
    if pattern is not None:
        return date_by_pattern(value, pattern)
    return danish.date(value) if value else ""


@register.filter
def count(value: int | None, words: str) -> str:
    """``{{ n|count:"brev,breve" }}`` is 1 brev or 14 breve."""
    return "" if value is None else danish.count(value, *words.split(","))


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """An icon of DKFDS's sprite, silent to screen readers: the words beside it say the same."""
    return format_html(
        '<svg class="icon-svg{}" focusable="false" aria-hidden="true"><use href="{}#{}"></use></svg>',
        f" {css_class}" if css_class else "",
        static("dkfds/img/all-svg-icons.svg"),
        name,
    )


@register.simple_tag(name="chip")
def chip_tag(label: str, tone: str = "", icon_name: str = "") -> SafeString:
    """``{% chip "Personalesag" "is-info" "lock" %}``"""
    return format_html(
        '<span class="chip{}">{}{}</span>',
        f" {tone}" if tone else "",
        icon(icon_name) if icon_name else "",
        label,
    )


@register.filter
def chip(look: Badge | None) -> SafeString | str:
    """``{{ followup.look|chip }}``"""
    return chip_tag(*look) if look else ""


@register.filter
def unbroken(date_in_words: str) -> str:
    """A date that no line breaks inside «15. januar» or «kl. 14.05»; for narrow places. Mails keep plain spaces."""
    return BREAKABLE_DATE_PART.sub("\\1\N{NO-BREAK SPACE}", date_in_words)


@register.filter
def passed_date(day: dt.date, today: dt.date) -> str:
    """What a letter's own date is called when it has gone by: «Passeret for 7 dage siden (6. januar)»."""
    return f"Passeret {danish.days_left(day, today)} ({danish.day_month(day)})"


@register.filter
def coming_date(day: dt.date, today: dt.date) -> str:
    """What a letter's own date is called until then."""
    near = (day - today).days < 7
    return f"Frist {danish.days_left(day, today) if near else danish.day_month(day)}"


@register.filter
def styled(field: BoundField, css_class: str) -> SafeString:
    """The field's control with DKFDS's class, its own classes kept.

    A text area counts characters instead of swallowing what is too long, so it loses ``maxlength``. A text in which no
    CPR number may stand has the words to say so while one writes.
    """
    own = field.field.widget.attrs.get("class", "")
    attrs: dict[str, Any] = {"class": f"{css_class} {own}".strip()}
    if limit(field):
        attrs |= {"maxlength": False, "aria-describedby": f"{field.aria_describedby} {field.auto_id}_limit".strip()}
    if isinstance(field.field, FreeText):
        attrs["data-no-cpr"] = CPR_REFUSAL
    return field.as_widget(attrs=attrs)


@register.filter
def limit(field: BoundField) -> int | None:
    """How many characters a text area takes, when it is limited."""
    return getattr(field.field, "max_length", None) if isinstance(field.field.widget, Textarea) else None


@register.filter
def error_links(form: BaseForm | BaseFormSet) -> list[tuple[str, str]]:
    """(id of the control, what is wrong) for every error, in the order of the page; "" is the whole form."""
    if not form.is_bound:
        return []
    if isinstance(form, BaseFormSet):
        own = [("", str(error)) for error in form.non_form_errors()]
        return own + [link for row in form.forms for link in error_links(row)]
    links = [("", str(error)) for error in form.non_field_errors()]
    for field in form.visible_fields():
        links += [(first_control_id(field), f"{label_as_sentence_start(field)} {error}") for error in field.errors]
    return links + [("", str(error)) for field in form.hidden_fields() for error in field.errors]


def label_as_sentence_start(field: BoundField) -> str:
    """The label as the beginning of a sentence about the field: «Beløb:», «For hvem?». Not that it may be omitted."""
    label = str(field.label).removesuffix(" (kan udelades)").rstrip(":")
    return label if label.endswith("?") else f"{label}:"


def first_control_id(field: BoundField) -> str:
    """The id that a link can bring the keyboard to: in a group, its first control."""
    return f"{field.auto_id}_0" if field.use_fieldset else field.id_for_label
