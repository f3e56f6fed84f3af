"""From letters to the words of a notice: subject, text and HTML. Every element of Bilag I, in our own words.

The words stand in ``templates/notifications/email/<kind>/``. What a mail may name is decided here: it passes through
mail systems and the leaders in cc, so a personnel case has no subject in it, and a CPR number never comes along.
"""

from __future__ import annotations

import logging
import textwrap
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.template.backends.django import Template
from django.template.loader import get_template
from django.urls import reverse

from letters.models import Incident, Letter
from letters.models.letter import HIDDEN
from letters.recipients import recipient_code
from notifications.kinds import KINDS, Kind
from notifications.mime import one_line
from sepo_incident import cpr, danish
from sepo_incident.accounts.models import User

logger = logging.getLogger(__name__)

WIDTH = 76


@dataclass(frozen=True)
class Composed:
    """A notice that is not a row yet."""

    sender: User
    copies: list[User]
    letters: list[Letter]
    subject: str
    text: str
    html: str

    @property
    def leader(self) -> User | None:
        return self.copies[0] if self.copies else None


class CannotBeComposed(Exception):
    """The notice cannot be written. ``letters``: those that cannot stand in a mail; [] when the fault is elsewhere."""

    def __init__(self, letters: list[Letter]):
        super().__init__(f"{len(letters)} letters cannot stand in a mail")
        self.letters = letters


@dataclass(frozen=True)
class Line:
    """A letter as the mail names it."""

    letter: Letter

    @property
    def name(self) -> str:
        if self.letter.is_personnel_case:
            return HIDDEN
        return safe(self.letter.subject) or "Brev uden emne"

    @property
    def url(self) -> str:
        return settings.SITE_URL + reverse("letter", args=[self.letter.pk])

    @property
    def details(self) -> str:
        """When, and for a letter without a subject to whom, so that it can be found."""
        sent = f"sendt {danish.moment(self.letter.sent_at)}"
        is_nameless = not self.letter.is_personnel_case and not safe(self.letter.subject)
        return f"{sent} til {self.recipient}" if is_nameless else sent

    @property
    def recipient(self) -> str:
        kinds = Letter.RecipientKind
        who = {kinds.CITIZEN: "en borger", kinds.EMPLOYEE: "en medarbejder", kinds.UNKNOWN: "en ukendt modtager"}
        code = recipient_code(self.letter.recipient_key)
        words = who[kinds(self.letter.recipient_kind)]
        return f"{words} (kode {code})" if code else words


@dataclass(frozen=True)
class Draft:
    """What the templates of a notice see."""

    incident: Incident
    sender: User
    copies: list[User]
    letters: list[Letter]

    @property
    def greeting(self) -> str:
        return safe(self.sender.name)

    @property
    def is_own_leader(self) -> bool:
        return all(letter.leader_id == self.sender.pk for letter in self.letters)

    @property
    def leader_word(self) -> str:
        return "din leder" if len(self.copies) == 1 else "lederne"

    @property
    def together(self) -> str:
        """Who is in cc, and who follows up with whom; goes on «skal være på plads senest …»."""
        leaders = listed([safe(leader.name) for leader in self.copies])
        if self.copies:
            role = "er din leder" if len(self.copies) == 1 else "er ledere for dine breve"
            return f"{leaders} {role} og får denne mail i kopi. I følger op sammen, og {self.all_letters}"
        end = danish.capitalized(self.all_letters)
        if self.is_own_leader:
            return f"Du er selv leder på {self.all_letters}, så ingen andre får denne mail. {end}"
        return (
            "Vi ved ikke, hvem der er din leder, så ingen andre får denne mail. "
            f"Vis den til din leder, så I kan følge op sammen. {end}"
        )

    @property
    def count(self) -> int:
        return len(self.letters)

    @property
    def is_one(self) -> bool:
        return self.count == 1

    @cached_property
    def lines(self) -> list[Line]:
        return [Line(letter) for letter in self.letters]

    @property
    def count_word(self) -> str:
        """«Et», «Tre», «14»: the neuter, for it is about breve."""
        return "Et" if self.is_one else danish.capitalized(danish.number_word(self.count))

    @property
    def subject_count(self) -> str:
        """«Et», «3»: in a subject line digits are seen first."""
        return "Et" if self.is_one else danish.number(self.count)

    @property
    def all_letters(self) -> str:
        """«brevet» · «begge breve» · «alle tre breve»"""
        if self.count <= 2:
            return "brevet" if self.is_one else "begge breve"
        return f"alle {danish.number_word(self.count)} breve"

    @property
    def window(self) -> str:
        """«fra mandag den 9. til torsdag den 19. december 2019»; month and year once where they are the same."""
        first, last = self.incident.first_day, self.incident.last_day
        if first == last:
            return danish.weekday_date(first)
        day = f"{danish.weekday(first)} den {first.day}."
        if (first.year, first.month) != (last.year, last.month):
            day = danish.weekday_date_short(first) if first.year == last.year else danish.weekday_date(first)
        return f"fra {day} til {danish.weekday_date(last)}"

    @property
    def phone_link(self) -> str:
        """«+4570808000» for a tel: link."""
        digits = "".join(filter(str.isdigit, self.incident.personnel_phone))
        return f"+45{digits}" if len(digits) == 8 else digits

    @property
    def letters_url(self) -> str:
        return settings.SITE_URL + reverse("my_letters")

    @property
    def guide_url(self) -> str:
        return self.incident.guide_url or settings.SITE_URL + reverse("guide")

    @property
    def draft_url(self) -> str:
        return self.incident.draft_url or settings.SITE_URL + reverse("drafts")


def listed(names: list[str]) -> str:
    """«Torben Ager» · «Torben Ager og Birgitte Lund» · «A, B og C»"""
    return " og ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def safe(text: str) -> str:
    """One line without CPR numbers."""
    return cpr.mask(one_line(text))


def compose(kind: str, incident: Incident, sender: User, letters: Iterable[Letter]) -> Composed:
    """The notice to one sender about these letters (with ``leader`` at hand); reads nothing.

    Raises ``CannotBeComposed`` from whatever went wrong, which is in the log.
    """
    named = sorted(letters, key=lambda letter: (letter.sent_at, letter.pk))
    try:
        return written(kind, incident, sender, named)
    except Exception as problem:
        at_fault = [letter for letter in named if not can_be_named(letter)]
        log_fault(kind, incident, sender, at_fault, problem)
        raise CannotBeComposed(at_fault) from problem


def log_fault(kind: str, incident: Incident, sender: User, letters: list[Letter], problem: Exception) -> None:
    """With numbers and places, and no words of a letter."""
    place = traceback.extract_tb(problem.__traceback__)[-1]
    logger.error(
        "incident %s: the %s to user %s cannot be composed: %s at %s:%s, letters %s",
        *(incident.pk, kind, sender.pk, type(problem).__name__, place.filename, place.lineno),
        [letter.pk for letter in letters],
    )


def can_be_named(letter: Letter) -> bool:
    line = Line(letter)
    try:
        return bool(line.name and line.url and line.details)
    except Exception:
        return False


def written(kind: str, incident: Incident, sender: User, named: list[Letter]) -> Composed:
    recipe = KINDS[Kind(kind)]
    copies = recipe.copies_to(sender, named)
    context: dict[str, Any] = {"draft": Draft(incident, sender, copies, named)}
    return Composed(
        sender=sender,
        copies=copies,
        letters=named,
        subject=one_line(template(recipe.template, "subject.txt").render(context)),
        text=wrap(template(recipe.template, "body.txt").render(context)),
        html=tidy(template(recipe.template, "body.html").render(context)),
    )


@lru_cache(maxsize=64)
def template(folder: str, name: str) -> Template:
    """Compiled once per process."""
    return get_template(f"notifications/email/{folder}/{name}")  # type: ignore[return-value]


def tidy(html: str) -> str:
    """Without indentation and empty lines: a third smaller."""
    return "\n".join(filter(None, map(str.strip, html.splitlines()))) + "\n"


def wrap(text: str) -> str:
    """Paragraphs at 76 characters, lists indented, never more than one empty line; links stay whole."""
    lines: list[str] = []
    for line in (line.rstrip() for line in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line if len(line) <= WIDTH or " " not in line.strip() else fold(line))
    return "\n".join(lines).replace("\n--\n", "\n-- \n") + "\n"


def fold(line: str) -> str:
    indent = "  " if line.startswith("- ") else "   " if line[1:3] == ") " else ""
    whole = line.replace("kl. ", "kl.\u00a0")  # the clock is not torn from its time
    folded = textwrap.fill(whole, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return folded.replace("\u00a0", " ")
