"""«Næste påmindelse: …», as sentences for those whom it is about."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q

from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from notifications.models import NoticeItem
from notifications.owing.ladder import RUNGS
from notifications.showing.remaining import coming, pause_over
from sepo_incident import danish
from sepo_incident.accounts.models import User


def to_person(user: User, incident: Incident, now: datetime) -> str:
    """«Næste påmindelse: tirsdag den 14. januar om to breve.»; "" when there is none."""
    seen = Letter.objects.visible_to(user).values("pk")
    mine = coming(incident, Q(receiver=user.pk, letter__in=seen), now)
    if mine is None:
        return about_pause(incident, Q(letter__sender=user), now)
    return f"Næste påmindelse: {danish.weekday_date_short(mine.day)} om {letters(mine.letters)}."


def about_letter(letter: Letter, reader: User, now: datetime) -> str:
    """«Næste påmindelse: tirsdag den 14. januar til Karen Bülow Møller.»"""
    about = Q(letter=letter)
    its = coming(letter.incident, about, now)
    if its is None:
        return about_pause(letter.incident, about, now)
    who = "dig" if its.who == reader.pk else User.objects.get(pk=its.who).name
    return f"Næste påmindelse: {danish.weekday_date_short(its.day)} til {who}."


def in_unit(seen: LetterQuerySet, incident: Incident, now: datetime) -> str:
    """«Næste påmindelse: tirsdag den 14. januar til tre personer om 12 breve.» Of the letters that the reader sees."""
    about = Q(letter__in=seen.values("pk"))
    its = coming(incident, about, now)
    if its is None:
        return about_pause(incident, about, now)
    people = f"{danish.number_word(its.people)} {'person' if its.people == 1 else 'personer'}"
    return f"Næste påmindelse: {danish.weekday_date_short(its.day)} til {people} om {letters(its.letters)}."


def reminded_today(seen: LetterQuerySet, now: datetime) -> str:
    """«I dag er tre personer mindet.» Of the letters that the reader sees; "" where nobody is."""
    items = NoticeItem.objects.standing().filter(kind__in=RUNGS, owed_on=danish.day(now))
    about = items.filter(followup__letter__in=seen.values("pk"))
    people = about.aggregate(people=Count("receiver", distinct=True))["people"]
    return f"I dag er {danish.number_word(people)} {'person' if people == 1 else 'personer'} mindet." if people else ""


def about_pause(incident: Incident, about: Q, now: datetime) -> str:
    found = pause_over(incident, about, danish.day(now))
    return f"Påmindelserne er på pause til og med {danish.weekday_date_short(found.until)}." if found else ""


def letters(number: int) -> str:
    return f"{'ét' if number == 1 else danish.number_word(number)} {'brev' if number == 1 else 'breve'}"
