"""The Jinja2 templates: their backend and their environment, with the filters and tags that Django's templates have."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any

from crispy_forms.templatetags import crispy_forms_field, crispy_forms_filters
from crispy_forms.utils import render_crispy_form
from django.conf import settings
from django.forms.utils import flatatt
from django.http import HttpRequest, QueryDict
from django.template import defaultfilters
from django.template.backends.jinja2 import Jinja2, Template
from django.template.backends.utils import csrf_input_lazy, csrf_token_lazy
from django.templatetags.static import static
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.html import json_script
from django.utils.safestring import mark_safe
from jinja2 import ChainableUndefined, Environment, pass_context, pass_environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context, Macro

from sepo_incident.core import danish, template_tags


class Pages(Jinja2):
    """The backend of `settings.TEMPLATES`. What a view gives a page comes before what every page has."""

    def get_template(self, template_name: str) -> Page:
        return Page(super().get_template(template_name).template, self)

    def from_string(self, template_code: str) -> Page:
        return Page(self.env.from_string(template_code), self)


class Page(Template):
    """A template of `Pages`."""

    def full_context(self, context: Mapping[str, Any] | None, request: HttpRequest | None) -> dict[str, Any]:
        """Return the context of the view, and with a request that of the context processors."""
        common: dict[str, Any] = {}
        if request is not None:
            common = {"csrf_input": csrf_input_lazy(request), "csrf_token": csrf_token_lazy(request)}
            for processor in self.backend.template_context_processors:
                common |= processor(request)
        return common | dict(context or {})

    def render(self, context: Mapping[str, Any] | None = None, request: HttpRequest | None = None) -> str:
        return mark_safe(self.template.render(self.full_context(context, request)))  # noqa: S308  # escaped


class Missing(ChainableUndefined):
    """A name that the view has not given. It is false, equal to None, and neither less nor greater than anything."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Missing)

    def __hash__(self) -> int:
        return hash(None)

    def __lt__(self, other: object) -> bool:  # type: ignore[override]
        return False

    __gt__ = __le__ = __ge__ = __lt__  # type: ignore[assignment]

    def __call__(self, *args: object, **kwargs: object) -> Missing:  # type: ignore[override]
        return self


class WrappedLines(Extension):
    """A line break of a page's template, with its indent, is a space in the page, and a line break between tags."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        name = stream.name or ""
        is_page = name.endswith(".html") and not name.startswith("django/")  # a text area begins with a line break
        for token in stream:
            yield Token(token.lineno, "data", _unwrapped(token.value)) if is_page and token.type == "data" else token


def _unwrapped(text: str) -> str:
    return re.sub(r"(>?)\s*\n\s*(<?)", lambda at: at[1] + ("\n" if at[1] and at[2] else " ") + at[2], text)


def url(name: str, *args: Hashable) -> str:
    """Return the address of a page. A list asks for the same addresses again and again."""
    return _url_under(get_script_prefix(), get_urlconf(), name, args)


@lru_cache(maxsize=20_000)
def _url_under(prefix: str, urlconf: str | None, name: str, args: tuple[Hashable, ...]) -> str:
    return reverse(name, args=args)


@pass_context
def querystring(context: Context, **changes: Any) -> str:
    """Return the query of the page's address with other parameters: `querystring(side=2, fra=none)`."""
    return change_query(context["request"].GET, **changes)


def change_query(parameters: QueryDict, **changes: Any) -> str:
    """Return the query with other parameters. None takes a parameter away, a list gives it many values."""
    query = parameters.copy()
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        elif isinstance(value, (list, tuple)):
            query.setlist(name, [str(one) for one in value])
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@pass_environment
def runs(environment: Environment, rows: Iterable[Any], attribute: str) -> list[tuple[Any, list[Any]]]:
    """Return (value of the attribute, rows) for each run of rows with the same value, in the order of the rows."""
    runs = groupby(rows, lambda row: environment.getattr(row, attribute))
    return [(value, list(some)) for value, some in runs]


@pass_context
def crispy(context: Context, form: Any) -> str:
    """Render a form by its helper."""
    return render_crispy_form(form, context=dict(context.get_all()))


def environment(**options: Any) -> Environment:
    """Return the environment of all templates. Everything printed is escaped, in text files too."""
    made = Environment(**options | {"autoescape": True, "undefined": Missing, "extensions": [WrappedLines]})  # noqa: S701  # it is on
    made.globals |= {
        "url": url,
        "static": static,
        "querystring": querystring,
        "crispy": crispy,
        "flatatt": flatatt,
        "icon": template_tags.icon,
        "chip": template_tags.chip_tag,
        "support_email": settings.SUPPORT_EMAIL,
    }
    names = (
        "add", "default_if_none", "filesizeformat", "length", "linebreaks", "linebreaksbr", "pluralize", "slugify",
        "stringformat", "truncatechars", "truncatewords", "urlencode", "yesno",
    )  # fmt: skip
    made.filters |= {name: getattr(defaultfilters, name) for name in names}
    made.filters |= {name: test for name, test in vars(crispy_forms_field).items() if name.startswith("is_")}
    words = (
        "capitalized", "clock", "day_month", "days_left", "deadline_sentence", "duration", "hyphenated", "kroner",
        "moment", "moment_relative", "number", "number_word", "weekday_date", "weekday_date_short",
    )  # fmt: skip
    made.filters |= {name: template_tags.skip_blank(getattr(danish, name)) for name in words}
    ours = (
        "chip", "count", "date", "error_links", "limit", "phone_link", "styled", "too_many_for_address",
        "unbroken",
    )  # fmt: skip
    made.filters |= {name: getattr(template_tags, name) for name in ours}
    made.filters |= {
        "as_crispy_field": crispy_forms_filters.as_crispy_field,
        "crispy": crispy_forms_filters.as_crispy_form,
        "json_script": json_script,
        "runs": runs,
    }
    made.tests["none"] = lambda value: value is None or isinstance(value, Missing)
    for name in ("components/ui.html", "components/fields.html"):
        parts = vars(made.get_template(name).module)
        made.globals |= {name: macro for name, macro in parts.items() if isinstance(macro, Macro)}
    return made
