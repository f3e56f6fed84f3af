"""The deadline of a letter: the incident's, the administration's own earlier one, or one that was extended."""

import re
from datetime import date, timedelta
from random import Random

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.boards.board import Board
from followups.reporting.letter_figures import count_together
from letters.models import (
    AdministrationPlan,
    DeadlineExtension,
    Incident,
    Letter,
    deadline_of_unit,
    deadlines_of_letters,
)
from notifications.kinds.notice_kinds import owed_followups
from notifications.models import Kind, Notice
from notifications.status_note.versions import take_version
from sepo_incident.core import calendar, danish
from tests.factories import at
from tests.followups.decision_answers import NO_DISPATCH
from tests.followups.note_helpers import words_of
from tests.letters.story.story_posts import date_fields
from tests.notices import write_first_notices

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
MUNICIPALITY, EARLIER, LATER, LAST = date(2020, 1, 15), date(2020, 1, 14), date(2020, 1, 22), date(2020, 1, 29)


def own_deadline(cast, day=EARLIER):
    received = {"contact_name": "L", "received_at": timezone.now(), "received_by": cast.birgitte}
    AdministrationPlan.objects.create(incident=cast.incident, unit=cast.buf, deadline=day, **received)


def extend(cast, day=LATER, **about):
    reason = "Skolen er lukket."
    return DeadlineExtension.objects.create(incident=cast.incident, deadline=day, reason=reason, by=cast.mette, **about)


def deadline_of(letter) -> date:
    return deadlines_of_letters([letter.pk])[letter.pk]


def test_second_press_extends_no_deadline_again(cast, as_user):
    client, page = as_user(cast.birgitte), reverse("extend_unit_deadline", args=[cast.svalevej.pk])
    for day in (LATER, LATER, LAST, LATER):
        client.post(page, date_fields("deadline", day) | {"reason": "Skolen er lukket."})
    assert list(DeadlineExtension.objects.order_by("pk").values_list("deadline", flat=True)) == [LATER, LAST, LATER]


def test_nearest_extension_comes_before_the_administrations_own_deadline(cast):
    assert deadline_of(cast.plain) == MUNICIPALITY
    own_deadline(cast)
    assert (deadline_of(cast.plain), deadline_of(cast.ullas)) == (EARLIER, MUNICIPALITY)
    extend(cast, unit=cast.area)
    assert deadline_of(cast.plain) == LATER
    extend(cast, LAST, unit=cast.svalevej)
    assert (deadline_of(cast.plain), deadline_of(cast.annes)) == (LAST, LATER)
    extend(cast, LATER, letter=cast.plain)
    assert (deadline_of(cast.plain), deadline_of(cast.soon)) == (LATER, LAST)
    assert deadline_of_unit(cast.incident, cast.svalevej) == LAST
    assert deadline_of_unit(cast.incident, cast.buf) == EARLIER


def test_extension_ends_with_the_incidents_own_deadline_and_when_that_moves_past(cast):
    extend(cast, LAST, unit=cast.svalevej)
    extend(cast, MUNICIPALITY, unit=cast.svalevej)
    assert deadline_of(cast.plain) == MUNICIPALITY
    extend(cast, LATER, unit=cast.svalevej)
    cast.incident.deadline = LAST
    cast.incident.save()
    assert deadline_of(cast.plain) == LAST


def test_coordinator_extends_for_a_unit_with_a_reason(cast, as_user):
    page, client = reverse("extend_unit_deadline", args=[cast.svalevej.pk]), as_user(cast.birgitte)
    assert "Fristen er onsdag den 15. januar 2020".lower() in client.get(page).text.lower()
    early = client.post(page, date_fields("deadline", EARLIER) | {"reason": "x"})
    assert "Fristen skal ligge mellem 15. januar 2020" in early.text
    assert "Skriv, hvorfor fristen forlænges." in client.post(page, date_fields("deadline", LATER)).text
    posted = date_fields("deadline", LATER) | {"reason": "Skolen er lukket."}
    board = client.post(page, posted, follow=True).text
    assert "Fristen er nu onsdag den 22. januar 2020." in board
    assert "Kommunens frist er onsdag den 15. januar 2020" in board
    assert "»Skolen er lukket.«" in client.get(page).text
    story = as_user(cast.mette).get(reverse("incident")).text
    assert (
        f"{cast.birgitte.name} sætter fristen for Svalevejens Skole til 22. januar 2020. »Skolen er lukket.«" in story
    )
    assert as_user(cast.jens).get(page).status_code == 403
    about = reverse("unit_page", args=[cast.svalevej.pk])
    assert f'href="{page}"' in as_user(cast.birgitte).get(about).text
    assert f'href="{page}"' not in as_user(cast.jens).get(about).text
    whole = reverse("extend_unit_deadline", args=[cast.root.pk])
    assert as_user(cast.mette).get(whole).status_code == 404, "the municipality's deadline is the incident's"


def test_extension_lies_after_the_administrations_own_deadline_and_the_receipt_is_the_deadline_in_force(cast, as_user):
    own = date(2020, 1, 13)
    own_deadline(cast, own)
    page, client = reverse("extend_unit_deadline", args=[cast.svalevej.pk]), as_user(cast.birgitte)
    assert "Uden forlængelse er fristen mandag den 13. januar 2020." in client.get(page).text
    for day, said in ((EARLIER, "tirsdag den 14."), (MUNICIPALITY, "onsdag den 15."), (own, "mandag den 13.")):
        shown = client.post(page, date_fields("deadline", day) | {"reason": "Skolen er lukket."}, follow=True).text
        assert f"Fristen er nu {said} januar 2020." in shown
        assert deadline_of(cast.plain) == day
    extend(cast, EARLIER, unit=cast.area)
    again = client.post(page, date_fields("deadline", own) | {"reason": "Åben."}, follow=True).text
    assert "Fristen er nu tirsdag den 14. januar 2020." in again, "of the area above"
    said = words_of(take_version(cast.incident, cast.buf, cast.mette), "solution")
    assert "forlænget til 14. januar 2020 for" in said
    assert "13. januar 2020 for" not in said


def test_reason_of_a_personnel_case_is_for_those_who_may_read_the_letter(cast, as_user):
    reason = {"reason": "Modtageren er sygemeldt.", "deadline": LATER, "by": cast.mette}
    DeadlineExtension.objects.create(incident=cast.incident, letter=cast.personnel, **reason)
    page = as_user(cast.birgitte).get(reverse("extend_letter_deadline", args=[cast.personnel.pk]))
    assert page.status_code == 200
    assert "22. januar 2020" in page.text
    assert "sygemeldt" not in page.text


def test_deadline_of_a_withdrawn_letter_cannot_be_extended(cast, as_user):
    Letter.objects.filter(pk=cast.plain.pk).update(withdrawn_at=timezone.now())
    page = reverse("extend_letter_deadline", args=[cast.plain.pk])
    assert as_user(cast.mette).get(page).status_code == 404


def test_letter_page_and_list_and_my_letters_show_the_letters_own_deadline(cast, as_user):
    page = reverse("extend_letter_deadline", args=[cast.plain.pk])
    as_user(cast.mette).post(page, date_fields("deadline", LATER) | {"reason": "Modtageren er på rejse."})
    assert "Modtageren er på rejse." not in as_user(cast.sofie).get(reverse("incident")).text, "tells of a letter"
    letter = as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).text
    assert "Onsdag den 22. januar" in letter.replace("\xa0", " ").replace("&nbsp;", " ")
    own_deadline(cast)
    mine = as_user(cast.karen).get(reverse("my_letters")).text
    assert "tirsdag den 14. januar 2020" in mine, "the earliest of the open ones"
    assert "22. januar" in mine, "in the row of the letter"


def test_figures_and_boards_follow_the_deadline_of_each_letter(cast, monday):
    extend(cast, LAST, unit=cast.svalevej)
    monday.move_to(at(2020, 1, 20, 10))
    services.decide(cast.plain, NO_DISPATCH, cast.karen, version=0)
    services.confirm_letter(cast.plain, cast.jens, 1)
    letters = Letter.objects.filter(incident=cast.incident)
    counts = count_together(letters, None, calendar.today(), ("IN_TIME", "LATE", "OVERDUE"))
    of_school = letters.filter(unit=cast.svalevej).count()
    assert (counts["IN_TIME"], counts["LATE"], counts["OVERDUE"]) == (1, 0, letters.count() - of_school)
    assert Board(cast.svalevej, cast.incident, cast.jens).deadline == LAST
    assert Board(cast.buf, cast.incident, cast.birgitte).deadline == MUNICIPALITY


def test_reminders_come_by_the_deadline_of_each_letter(cast, monday):
    write_first_notices(cast.incident)
    extend(cast, LAST, unit=cast.svalevej)
    on = date(2020, 1, 15)
    overdue_day = date(2020, 1, 17)
    today = {one.letter_id for one in owed_followups(Kind.DEADLINE_TODAY, cast.incident, on)}
    assert cast.annes.pk in today
    assert cast.plain.pk not in today
    late = {one.letter_id for one in owed_followups(Kind.OVERDUE, cast.incident, overdue_day)}
    assert cast.annes.pk in late
    assert cast.plain.pk not in late
    assert cast.plain.pk in {one.letter_id for one in owed_followups(Kind.DEADLINE_TODAY, cast.incident, LAST)}
    coordinators = {one.letter_id for one in owed_followups(Kind.COORDINATOR_DIGEST, cast.incident, overdue_day)}
    assert cast.plain.pk not in coordinators


def test_mail_names_the_earliest_deadline_of_its_letters(cast, monday):
    own_deadline(cast)
    write_first_notices(cast.incident)
    assert "tirsdag den 14. januar" in Notice.objects.get(receiver=cast.karen).subject
    assert "onsdag den 15. januar" in Notice.objects.get(receiver=cast.ulla).subject


def test_note_says_which_deadlines_are_extended(cast):
    extend(cast, LATER, unit=cast.svalevej)
    extend(cast, LATER, letter=cast.annes)
    said = words_of(take_version(cast.incident, cast.buf, cast.mette), "solution")
    assert "forlænget til 22. januar 2020 for Svalevejens Skole. Begrundelse: Skolen er lukket." in said
    assert "Fristen er forlænget for 1 brev." in said
    assert "forlænget" not in words_of(take_version(cast.incident, cast.sof, cast.mette), "solution")


@pytest.mark.parametrize("seed", range(6))
def test_note_names_every_extension_that_moves_a_letters_deadline_and_no_other(cast, seed):
    dice, letters = Random(seed), list(Letter.objects.filter(unit__lineage__contains=[cast.buf.pk]))
    if seed % 2:
        own_deadline(cast)
    for _ in range(8):
        about = dice.choice([{"unit": cast.area}, {"unit": cast.svalevej}, {"letter": dice.choice(letters)}])
        extend(cast, MUNICIPALITY + timedelta(days=dice.randrange(-2, 9)), **about)
    incident = Incident.objects.get()
    said = words_of(take_version(incident, cast.buf, cast.mette), "solution")
    units = [unit for unit in (cast.area, cast.svalevej) if f" for {unit.name}. Begrundelse" in said]
    for unit in units:
        assert f"forlænget til {danish.date(deadline_of_unit(incident, unit))} for {unit.name}." in said
    named = re.search(r"Fristen er forlænget for (\d+) brev", said)
    moved = {letter for letter in letters if deadline_of(letter) != incident.usual_deadline_of(letter.unit)}
    by_unit = {letter for letter in letters if any(unit.pk in letter.unit.lineage for unit in units)}
    assert by_unit <= moved
    by_letter = DeadlineExtension.objects.filter(letter__in=moved).values("letter").distinct().count()
    assert len(moved - by_unit) <= int(named[1] if named else 0) <= by_letter


def test_database_refuses_an_extension_of_nothing_or_of_two(cast):
    for about in ({}, {"unit": cast.svalevej, "letter": cast.plain}):
        with transaction.atomic(), pytest.raises(IntegrityError, match="extension_of_unit_or_letter"):
            extend(cast, **about)
