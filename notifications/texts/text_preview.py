"""Preview a text with a real receiver or with samples, and test texts on extreme drafts."""

import textwrap
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from django.db.models import Q, QuerySet

from followups.models import FollowUp
from letters.incidents import addresses_under
from letters.models import Incident, Letter, deadlines_of_letters
from notifications.kinds.mail_fields import MailDraft
from notifications.kinds.notice_kinds import KINDS, Kind, owed_followups
from notifications.markup.fields import FieldForm, Fields
from notifications.markup.mail_template import MailTemplate, RenderedMail, field_value
from notifications.texts.notice_composer import build_draft
from sepo_incident.accounts.models import User
from sepo_incident.core.danish import COPENHAGEN

MAX_SAMPLE_LETTERS = 14


def extreme_drafts(incident: Incident) -> Iterator[MailDraft]:
    """Yield drafts with one and many letters, several leaders, no leader, sender as leader, and long names."""
    receiver, leader, other = sample_person("Anne Eksempel"), sample_person("Torben Eksempel"), sample_person("N" * 150)
    for number in (1, 2, 3, MAX_SAMPLE_LETTERS):
        for to, copies, own_leader in (
            (receiver, [leader], leader),
            (other, [leader, other], leader),
            (receiver, [], None),
            (receiver, [], receiver),
        ):
            letters = sample_letters(incident, to, own_leader)[:number]
            yield MailDraft(incident, to, copies, letters, incident.deadline)


def sample_person(name: str) -> User:
    return User(pk=len(name), name=name, email="eksempel@kk.example")


def sample_letters(incident: Incident, sender: User, leader: User | None) -> list[Letter]:
    return [sample_letter(incident, sender, leader, number) for number in range(MAX_SAMPLE_LETTERS)]


def sample_letter(incident: Incident, sender: User, leader: User | None, number: int) -> Letter:
    """Return an unsaved letter with a follow-up. `number` varies subject, recipient and status."""
    kinds, statuses = Letter.RecipientKind.values, FollowUp.Status.values
    first = datetime.combine(incident.first_day, datetime.min.time(), COPENHAGEN)
    made = Letter(
        pk=0,
        incident=incident,
        sender=sender,
        leader=leader,
        unit=None,
        subject=["Indkaldelse til møde", "", "Samtale", "Afgørelse <1> & 2"][number % 4],
        is_personnel_case=number % 4 == 2,
        recipient_kind=kinds[number % len(kinds)],
        recipient_key="a1" * 32,
        sent_at=first + timedelta(hours=9 + number),
    )
    followup = FollowUp(letter=made, status=statuses[number % len(statuses)])
    followup.lacks_answer = False  # the database computes the column of saved rows only
    return made


class TextPreview(NamedTuple):
    """A mail as shown. `is_real`: made from real letters. `is_due`: the receiver is owed this mail now."""

    draft: MailDraft
    mail: RenderedMail
    is_real: bool
    is_due: bool


class Audience:
    """The possible receivers of a kind of mail, with the letters to mail about, as far as the reader may see."""

    def __init__(self, kind: str, incident: Incident, reader: User):
        self.kind, self.incident = kind, incident
        self.addressee = KINDS[Kind(kind)].addressee
        self.letters = Letter.objects.visible_to(reader).filter(incident=incident).active()

    @cached_property
    def due_letters(self) -> dict[int, list[int]]:
        """Return {receiver: letters that a mail now would be about}. One query, which is slow for some kinds."""
        owed_now = owed_followups(self.kind, self.incident).filter(letter__in=self.letters)
        due = defaultdict(list)
        for receiver, letter in owed_now.values_list("receiver", "letter"):
            due[receiver].append(letter)
        return due

    @property
    def receivers(self) -> QuerySet[User]:
        """Return everybody owed such a mail now or with letters that such a mail may be about, by name."""
        some_day = self.letters.exclude(**{self.addressee: None}).values(self.addressee)
        return User.objects.filter(Q(pk__in=list(self.due_letters)) | Q(pk__in=some_day)).order_by("name", "pk")

    def letters_of(self, receiver: User) -> list[Letter]:
        """Return the letters that a mail now would be about, or all letters possible later if none is due."""
        due = self.due_letters.get(receiver.pk)
        letters = self.letters.filter(pk__in=due) if due else self.letters.filter(**{self.addressee: receiver})
        return list(letters.select_related("sender", "leader", "unit", "followup").order_by("sent_at", "pk"))

    def preview(self, wording: MailTemplate, receiver_id: int | None) -> TextPreview:
        """Return the mail to the receiver, by default the first receiver, or sample letters if there is no receiver."""
        receiver = (receiver_id and self.receivers.filter(pk=receiver_id).first()) or self.receivers.first()
        if receiver is None:
            sender, leader = sample_person("Anne Eksempel"), sample_person("Torben Eksempel")
            to, copies = (sender, [leader]) if self.addressee == "sender" else (leader, [])
            some = sample_letters(self.incident, sender, leader)[:3]
            draft = MailDraft(self.incident, to, copies, some, self.incident.deadline)
        else:
            letters = self.letters_of(receiver)
            earliest = min(deadlines_of_letters([one.pk for one in letters]).values(), default=self.incident.deadline)
            draft = build_draft(self.kind, self.incident, receiver, letters, earliest)
        is_real = receiver is not None
        with addresses_under(self.incident):
            mail = wording.mail(draft, draft.is_one)
        return TextPreview(draft, mail, is_real, draft.receiver.pk in self.due_letters)


def list_field_chips(fields: Fields, draft: MailDraft) -> Iterator[tuple[str, str]]:
    """Yield each field with an example: the words in this mail, or the meaning of a field that is no words."""
    for field in fields.all:
        words = field_value(field, draft) if field.form is FieldForm.WORDS else ""
        yield field.name, textwrap.shorten(words or field.meaning, 32, placeholder=" …")
