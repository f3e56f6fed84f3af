"""Form components that every app uses: a Danish date in three parts, radio buttons with hints, conditional questions.

`OptionCards` and `ConditionalQuestion` are crispy-forms layout objects. CSS alone shows and hides the nested
questions, so the server must ignore answers to questions that were not shown.

`parse_int` and `parse_version` read numbers from URLs and forms that have not been validated yet.
"""

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, cast

from crispy_forms.layout import LayoutObject
from crispy_forms.utils import TEMPLATE_PACK, render_field
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.template.loader import render_to_string

from sepo_incident.core import cpr, danish
from sepo_incident.core.control_characters import strip_control_characters

CPR_REFUSAL = "Teksten ligner et CPR-nummer. Slet nummeret, og skriv for eksempel »eleven«."


def refuse_cpr(text: str) -> None:
    """Raise ValidationError if the text contains a CPR number."""
    if cpr.contains_cpr(text):
        raise ValidationError(CPR_REFUSAL, code="cpr")


class FreeText(forms.CharField):
    """A text field that refuses CPR numbers and drops control characters. A test walks the forms of all free texts."""

    default_validators = [refuse_cpr]

    def to_python(self, value: Any) -> str:
        return strip_control_characters(super().to_python(value) or "")


class ThreePartDate(forms.MultiWidget):
    """A date as three short inputs (day, month, year), posted as `name_day`, `name_month` and `name_year`."""

    def __init__(self, attrs: dict[str, Any] | None = None):
        lengths = {"day": 2, "month": 2, "year": 4}
        parts: dict[str, forms.Widget | type[forms.Widget]] = {
            name: forms.TextInput(attrs={"class": "form-input", "inputmode": "numeric", "maxlength": length})
            for name, length in lengths.items()
        }
        super().__init__(parts, attrs)

    def decompress(self, value: dt.date | None) -> list[int | None]:
        return [value.day, value.month, value.year] if value else [None, None, None]


class DanishDateField(forms.Field):
    """A date typed in three parts, with error messages in plain Danish."""

    widget = ThreePartDate
    default_error_messages = {
        "required": "Skriv en dato.",
        "incomplete": "Datoen mangler %(parts)s.",
        "digits": "Skriv datoen med tal, for eksempel 15 1 2020.",
        "month": "Måneden skal være et tal fra 1 til 12.",
        "year": "Skriv året med fire cifre, for eksempel 2020.",
        "day": "Datoen findes ikke. %(month)s har %(days)s dage.",
        "no_day": "Datoen findes ikke. Dagen skal være et tal fra 1 og op.",
        "outside": "Datoen skal ligge mellem %(first)s og %(last)s. Er årstallet rigtigt?",
    }
    #: First and last plausible day, set by a form that knows the bounds.
    between: tuple[dt.date, dt.date] | None = None

    def validate(self, value: dt.date | None) -> None:
        super().validate(value)
        if value and self.between and not self.between[0] <= value <= self.between[1]:
            first, last = map(danish.date, self.between)
            raise self._error("outside", first=first, last=last)

    def to_python(self, value: Any) -> dt.date | None:
        if value is None or isinstance(value, dt.date):
            return value
        parts = [str(part or "").strip().rstrip(".") for part in value]
        if not any(parts):
            return None
        missing = [name for name, part in zip(("dag", "måned", "år"), parts, strict=True) if not part]
        if missing:
            raise self._error("incomplete", parts=" og ".join(missing))
        if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
            raise self._error("digits")
        return self._date(*map(int, parts))

    def _date(self, day: int, month: int, year: int) -> dt.date:
        if not 1 <= month <= 12:
            raise self._error("month")
        if not 1000 <= year <= 9999:
            raise self._error("year")
        if day < 1:
            raise self._error("no_day")
        days = calendar.monthrange(year, month)[1]
        if day > days:
            of_year = f" {year}" if month == 2 else ""
            raise self._error("day", month=danish.MONTHS[month - 1].capitalize() + of_year, days=days)
        return dt.date(year, month, day)

    def _error(self, code: str, **params: Any) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class ConstraintErrorsMixin(forms.ModelForm):
    """Shows the message of a constraint beside the field that the constraint's `violation_error_code` names."""

    def _update_errors(self, errors: ValidationError) -> None:
        by_field: dict[str, list[ValidationError]] = {}
        for name, found in errors.error_dict.items():
            for error in found:
                place = error.code if name == NON_FIELD_ERRORS and error.code in self.fields else name
                by_field.setdefault(str(place), []).append(error)
        super()._update_errors(ValidationError(by_field))  # type: ignore[misc]


class ClockField(forms.Field):
    """A time of day in Danish notation: 8.15 · 08:15 · kl. 8.15 · 8, which is 8.00."""

    PATTERN = re.compile(r"(?:kl\.?\s*)?([01]?\d|2[0-3])(?:[.:]([0-5]\d))?", re.IGNORECASE | re.ASCII)
    widget = forms.TextInput(attrs={"class": "short", "maxlength": 9})

    def to_python(self, value: Any) -> dt.time | None:
        text = str(value or "").strip()
        if not text:
            return None
        found = self.PATTERN.fullmatch(text)
        if found is None:
            raise ValidationError("Skriv klokkeslættet som 8.15.")
        return dt.time(int(found[1]), int(found[2] or 0))

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H.%M}" if isinstance(value, dt.time) else value


class PhoneField(FreeText):
    """A phone number, cleaned to the stored form of `core.danish`."""

    widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})

    def clean(self, value: Any) -> str:
        number = danish.parse_phone(super().clean(value))
        if number is None:
            raise ValidationError("Skriv et helt telefonnummer, for eksempel 7080 1234.")
        return number


class EmailField(forms.EmailField):
    """A mail address, without a CPR number."""

    default_validators = [EmailValidator("Skriv en hel mailadresse."), refuse_cpr]


class SecureUrlField(forms.URLField):
    """A web address that begins with https://."""

    default_validators = [URLValidator(["https"], message="Skriv en adresse, der begynder med https://."), refuse_cpr]

    def __init__(self, **kwargs: Any):
        super().__init__(assume_scheme="https", required=False, **kwargs)
        self.error_messages["invalid"] = "Skriv en adresse, der begynder med https://."


class KronerField(forms.Field):
    """Amount in Danish notation: 1250 · 1.250 · 1.250,50 · 1250 kr."""

    AMOUNT = re.compile(r"(\d{1,10}|\d{1,3}(?:\.\d{3}){1,3})(?:,(\d{1,2}))?")

    def to_python(self, value: Any) -> Decimal | None:
        text = re.sub(r"\s|kr\.?$", "", str(value or "").lower())
        if not text:
            return None
        found = self.AMOUNT.fullmatch(text)
        if found is None:
            raise ValidationError("Skriv beløbet med tal, for eksempel 1.250 eller 1.250,50.")
        return Decimal(f"{found[1].replace('.', '')}.{found[2] or 0}")

    def prepare_value(self, value: Any) -> Any:
        return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else value


def set_choices(form: forms.BaseForm, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
    cast(forms.ChoiceField, form.fields[name]).choices = list(choices)


def set_date_bounds(form: forms.BaseForm, between: tuple[dt.date, dt.date] | None, *names: str) -> None:
    """Set the first and last plausible day of the `DanishDateField`s with these names."""
    for name in names:
        cast(DanishDateField, form.fields[name]).between = between


class HintedRadios(forms.RadioSelect):
    """Radio buttons with a line of help under each button. `hints`: value → text."""

    def __init__(self, *args: Any, hints: Mapping[str, str] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.hints = dict(hints or {})

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().create_option(name, value, *args, **kwargs) | {"hint": self.hints.get(str(value), "")}


class OptionCards(LayoutObject):
    """A choice rendered as cards; a chosen card opens further questions.

    `under`: value → layout objects or field names shown under the card.
    """

    template = "%s/layout/option_cards.html"

    def __init__(self, name: str, under: Mapping[str, Iterable[Any]] | None = None):
        self.name = name
        self.under = {value: list(fields) for value, fields in (under or {}).items()}
        self.fields = [name, *(field for fields in self.under.values() for field in fields)]

    def render(self, form: Any, context: Any, template_pack: str = TEMPLATE_PACK, **kwargs: Any) -> str:
        form.rendered_fields.add(self.name)
        cards = [
            (radio, render_fields(self.under.get(str(radio.data["value"]), []), form, context, template_pack))
            for radio in form[self.name]
        ]
        return render_to_string(
            self.get_template_name(template_pack), context.flatten() | {"field": form[self.name], "cards": cards}
        )


class Hint(LayoutObject):
    """A line of help among the questions: the template `dkfds/hints/<name>.html` with some values."""

    fields: ClassVar[list[str]] = []

    def __init__(self, name: str, **values: Any):
        self.name, self.values = name, values

    def render(self, form: Any, context: Any, template_pack: str = TEMPLATE_PACK, **kwargs: Any) -> str:
        return render_to_string(f"{template_pack}/hints/{self.name}.html", self.values)


class ConditionalQuestion(LayoutObject):
    """A question on one line that opens follow-up questions, depending on the answer.

    `more`: questions shown when the answer is in `opens_on`. `otherwise`: questions shown for any other answer.
    """

    template = "%s/layout/conditional_question.html"

    def __init__(self, name: str, *more: Any, opens_on: Iterable[str] = ("ja",), otherwise: Iterable[Any] = ()):
        self.name, self.more, self.opens_on, self.otherwise = name, list(more), set(opens_on), list(otherwise)
        self.fields = [name, *more, *self.otherwise]

    def render(self, form: Any, context: Any, template_pack: str = TEMPLATE_PACK, **kwargs: Any) -> str:
        form.rendered_fields.add(self.name)
        more = render_fields(self.more, form, context, template_pack)
        otherwise = render_fields(self.otherwise, form, context, template_pack)
        asked = {"field": form[self.name], "more": more, "opens_on": self.opens_on, "otherwise": otherwise}
        return render_to_string(self.get_template_name(template_pack), context.flatten() | asked)


def render_fields(fields: Iterable[Any], form: Any, context: Any, template_pack: str) -> str:
    """Render layout objects or field names to one string of HTML."""
    return "".join(render_field(field, form, context, template_pack=template_pack) for field in fields)


NUMBER = re.compile(r"\d{1,18}", re.ASCII)
#: A search takes the first words only, because each word is a condition of the query.
MAX_SEARCH_WORDS = 10
MAX_SEARCH_LENGTH = 200


def search_words(text: str) -> list[str]:
    """Return the first words of a search text, at most `MAX_SEARCH_WORDS` and `MAX_SEARCH_LENGTH` characters."""
    return " ".join(text.replace("\0", "").split())[:MAX_SEARCH_LENGTH].split()[:MAX_SEARCH_WORDS]


def search_text(text: str) -> str:
    """Return the words that a search uses, with single spaces, as the search field shows them afterwards."""
    return " ".join(search_words(text))


def parse_int(text: str) -> int | None:
    """Return the text as an int, or None if the text is not 1 to 18 ASCII digits (the most digits of a primary key)."""
    return int(text) if NUMBER.fullmatch(text) else None


def parse_version(text: str) -> int:
    """Return the version that a page was made from, or -1, which matches no version, for anything but a number."""
    version = parse_int(text)
    return -1 if version is None else version
