"""The fields that a mail about letters may use, and the Danish phrases that fill the fields.

This module decides which facts a mail may name. A mail passes through mail systems and reaches leaders in cc, so the
subject of a personnel case is hidden and CPR numbers are removed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse

from followups.models.followup import followup_of
from letters.incident_kinds import WENT_WRONG_SHORT, WHAT_WENT_WRONG
from letters.models import AdministrationPlan, Incident, Letter
from letters.models.letter import HIDDEN_SUBJECT
from letters.recipient_keys import short_recipient_code
from notifications.markup.fields import Field, FieldForm, Fields, ListRow, one_line
from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.sign_in.wording import sign_in_sentence
from sepo_incident.core import calendar, cpr, danish


@dataclass(frozen=True)
class MailDraft:
    """A mail to one person about letters, with other people in cc. `deadline`: the earliest of the letters."""

    incident: Incident
    receiver: User
    copies: list[User]
    letters: list[Letter]
    deadline: date

    @property
    def is_one(self) -> bool:
        return len(self.letters) == 1

    @property
    def unit(self) -> Unit | None:
        """Return the unit of the most urgent letter, whose administration the mail speaks for."""
        return self.letters[0].unit if self.letters else None

    @property
    def plan(self) -> AdministrationPlan | None:
        return self.incident.plan_of(self.unit)

    @property
    def is_own_leader(self) -> bool:
        return all(letter.leader_id == self.receiver.pk for letter in self.letters)


def letter_row(letter: Letter) -> ListRow:
    """Return a letter as a list row: subject, link, when the letter was sent, and the date of an undecided letter.

    A letter without a subject also names the recipient, so that the reader can find the letter. A date that has passed
    is the mark of the row.
    """
    subject = HIDDEN_SUBJECT if letter.is_personnel_case else one_line_without_cpr(letter.subject)
    details = f"sendt {danish.moment(letter.sent_at)}"
    if not subject:
        details = f"{details} til {describe_recipient(letter)}"
    due, mark = undecided_date(letter), ""
    if due and is_date_passed(letter):
        mark = f"frist eller møde den {danish.day_month(due)} er passeret"
    elif due:
        details += f" – frist eller møde den {danish.day_month(due)}"
    return ListRow(subject or "Brev uden emne", settings.SITE_URL + reverse("letter", args=[letter.pk]), details, mark)


def is_date_passed(letter: Letter) -> bool:
    due = undecided_date(letter)
    return due is not None and calendar.is_overdue(due, calendar.today())


def undecided_date(letter: Letter) -> date | None:
    """Return the date of a letter that awaits a decision. None in a personnel case, where the date tells too much."""
    followup = followup_of(letter)
    return followup.due_on if followup and followup.is_open and not letter.is_personnel_case else None


def urgency(letter: Letter) -> tuple[date, datetime, int]:
    """Sort the letters of a mail: the earliest date first, then letters without a date in the order of sending."""
    return undecided_date(letter) or date.max, letter.sent_at, letter.pk


def describe_recipient(letter: Letter) -> str:
    kinds = Letter.RecipientKind
    who = {kinds.CITIZEN: "en borger", kinds.EMPLOYEE: "en medarbejder", kinds.UNKNOWN: "en ukendt modtager"}
    code = short_recipient_code(letter.recipient_key)
    words = who[kinds(letter.recipient_kind)]
    return f"{words} (kode {code})" if code else words


def one_line_without_cpr(text: str) -> str:
    """Return the text on one line with CPR numbers masked."""
    return cpr.mask(one_line(text))


def leader_names(draft: MailDraft) -> str:
    return danish.join_with_and([one_line_without_cpr(leader.name) for leader in draft.copies])


def leader_sentence(draft: MailDraft) -> str:
    """Return the sentence that names the leaders in cc and says who follows up, or why nobody is in cc."""
    if draft.copies:
        role, who = ("Din leder,", "din leder") if len(draft.copies) == 1 else ("Dine ledere,", "lederne")
        return f"{role} {leader_names(draft)}, får mailen i kopi. I følger op sammen, og {who} bekræfter til sidst."
    if draft.is_own_leader:
        return f"Du er selv leder for {all_letters_phrase(draft)}, så ingen andre får mailen."
    return "Vi har ikke en leder, vi kan skrive til, så ingen andre får mailen. Vis den til din leder."


def letter_count_digits(draft: MailDraft) -> str:
    """«et», «3»: digits, because digits stand out in a subject line."""
    return "et" if draft.is_one else danish.number(len(draft.letters))


def all_letters_phrase(draft: MailDraft) -> str:
    """«brevet» · «begge breve» · «alle tre breve»"""
    if len(draft.letters) <= 2:
        return "brevet" if draft.is_one else "begge breve"
    return f"alle {danish.number_word(len(draft.letters))} breve"


def _by_the_deadline(draft: MailDraft, show: Callable[[date], str]) -> str:
    """Return «senest onsdag den 15. januar», from the next day on «straks, for fristen var onsdag den 15. januar»."""
    day = show(draft.deadline)
    return f"straks, for fristen var {day}" if calendar.today() > draft.deadline else f"senest {day}"


def page_url(name: str) -> str:
    return settings.SITE_URL + reverse(name)


#: Fields about the incident.
INCIDENT_FIELDS = [
    Field("frist", "fristen med ugedag og år", lambda draft: danish.weekday_date(draft.deadline), in_subject=True),
    Field(
        "kort frist",
        "fristen uden år",
        lambda draft: danish.weekday_date_short(draft.deadline),
        in_subject=True,
    ),
    Field(
        "senest",
        "»senest« og fristen, efter fristen »straks«",
        lambda draft: _by_the_deadline(draft, danish.weekday_date),
    ),
    Field(
        "kort senest",
        "det samme uden år",
        lambda draft: _by_the_deadline(draft, danish.weekday_date_short),
        in_subject=True,
    ),
    Field("perioden", "dagene, hvor det gik galt", lambda draft: draft.incident.window_in_words, in_subject=True),
    Field(
        WHAT_WENT_WRONG,
        "en hel sætning om, hvad der gik galt",
        lambda draft: draft.incident.fault.one if draft.is_one else draft.incident.fault.many,
    ),
    Field(
        WENT_WRONG_SHORT,
        "det samme kort, efter »brevet« eller »brevene«",
        lambda draft: draft.incident.fault.short,
        in_subject=True,
    ),
    Field(
        "om fejlen er rettet",
        "om nye breve kommer frem, eller hvad man gør imens",
        lambda draft: draft.incident.fix_advice,
    ),
    Field("system", "løsningen, der fejlede", lambda draft: draft.incident.system, in_subject=True),
    Field("underskrift", "hvem mailen er fra", lambda draft: draft.incident.signed_by, in_subject=True),
    Field(
        "support",
        "supportens mailadresse, forvaltningens egen, hvis den har en",
        lambda draft: draft.incident.support_of(draft.unit),
        FieldForm.EMAIL,
    ),
    Field("fra forvaltningen", "forvaltningens egen tekst", lambda draft: draft.plan.mail_text if draft.plan else ""),
    Field("om mailen er ægte", "hvor man ser, at mailen er ægte", lambda draft: draft.incident.genuine_check),
    Field("personalejura", "hvem der hjælper med personalesager", lambda draft: draft.incident.personnel_contact),
    Field(
        "telefon til personalejura",
        "deres telefonnummer",
        lambda draft: draft.incident.personnel_phone,
        FieldForm.PHONE,
    ),
    Field(
        "vejledning",
        "link til vejledningen",
        lambda draft: draft.incident.guide_url or page_url("guide"),
        FieldForm.LINK,
    ),
    Field(
        "find mailen",
        "link til vejledningens afsnit om at finde mailen i Outlook",
        lambda draft: draft.incident.guide_url or f"{page_url('guide')}#find",
        FieldForm.LINK,
    ),
    Field("log ind", "hvordan man logger ind", lambda draft: sign_in_sentence()),
    Field(
        "udkast",
        "link til udkast til modtageren",
        lambda draft: draft.incident.draft_url or page_url("drafts"),
        FieldForm.LINK,
    ),
]
#: Fields about the receiver and the letters.
LETTER_FIELDS = [
    Field("navn", "modtagerens navn", lambda draft: one_line_without_cpr(draft.receiver.name)),
    Field("breve", "listen med brevene", lambda draft: list(map(letter_row, draft.letters)), FieldForm.ROWS),
    Field(
        "antal",
        "antal breve med bogstaver",
        lambda draft: "et" if draft.is_one else danish.number_word(len(draft.letters)),  # «breve» is neuter
        in_subject=True,
    ),
    Field("tal", "antal breve med tal", letter_count_digits, in_subject=True),
    Field(
        "dine breve",
        "»dit brev« eller »dine 3 breve«",
        lambda draft: "dit brev" if draft.is_one else f"dine {letter_count_digits(draft)} breve",
    ),
    Field("alle breve", "»brevet«, »begge breve« eller »alle tre breve«", all_letters_phrase),
    Field("leder", "lederens eller ledernes navn", leader_names),
    Field("om lederen", "hvem der får kopi, eller hvorfor ingen gør", leader_sentence),
    Field(
        "og lederen",
        "»og din leder«, når en leder får kopi",
        lambda draft: ("og din leder" if len(draft.copies) == 1 else "og lederne") if draft.copies else "",
    ),
    Field("du eller I", "»du«, hvis man selv er leder, ellers »I«", lambda draft: "du" if draft.is_own_leader else "I"),
    Field("mine breve", "link til modtagerens breve", lambda draft: page_url("my_letters"), FieldForm.LINK),
]

#: Fields of the first notice.
FIRST_NOTICE_FIELDS = Fields([*LETTER_FIELDS, *INCIDENT_FIELDS])
