"""The mails to the directors: on which days, once, what they say, and who sees them.

`UPDATE_GOLDEN=1 pytest tests/notifications/test_director_mails.py` rewrites the golden text.
"""

import os
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from followups import services
from letters.models import AdministrationPlan, DeadlineExtension, Incident, Letter
from notifications import tasks
from notifications.alarms import reconciliation
from notifications.dispatching import dispatch_lifecycle
from notifications.models import Delivery, DirectorMail, Kind, Notice
from notifications.reminders import director_mails
from sepo_incident.accounts.models import Membership, User
from tests.factories import FollowUpFactory, LetterFactory, MembershipFactory, UnitFactory, UserFactory, at
from tests.followups.decision_answers import NEW_LETTER_UNSENT, NO_DISPATCH, RESENT, REVIEW_OPEN
from tests.letters.story.story_posts import PLAN
from tests.notifications.reminder_runs import switch_reminders_on

pytestmark = pytest.mark.django_db
GOLDEN = Path(__file__).parent / "golden" / "director_status.txt"
ADDRESS = "ida.birk@buf.example"
DEADLINE, AFTER = date(2020, 1, 15), date(2020, 1, 20)


@pytest.fixture
def clock(monday, no_workers):
    return monday


@pytest.fixture
def directed(cast, clock):
    """The director of Børne- og Ungdomsforvaltningen is known, and the reminders are on. It is Monday 13 January."""
    give_director(cast)
    switch_reminders_on(cast.incident, cast.mette)
    return cast


def give_director(cast) -> AdministrationPlan:
    director = {"director_name": "Ida Birk", "director_email": ADDRESS}
    contact = {"contact_name": "Lisbeth Krog", "phone": "3000 0210", "email": "krog@buf.example"}
    received = {"received_at": timezone.now(), "received_by": cast.birgitte}
    return AdministrationPlan.objects.create(incident=cast.incident, unit=cast.buf, **director, **contact, **received)


def days_with_mail(clock, first=date(2020, 1, 13), days=18) -> list[date]:
    """Run the clock on every day at 8 and 15, and return the days with a mail."""
    for number in range(days):
        day = first + timedelta(days=number)
        for hour in (8, 15):
            clock.move_to(at(day.year, day.month, day.day, hour))
            tasks.send_reminders()
    return sorted(DirectorMail.objects.values_list("day", flat=True))


def mail_on(clock, *moment) -> Notice | None:
    """Run the clock at the moment in January, and return the mail to the director, if there is one."""
    clock.move_to(at(2020, 1, *moment))
    tasks.send_reminders()
    return Notice.objects.filter(kind=Kind.DIRECTOR_STATUS).order_by("-pk").first()


def words_of(notice: Notice) -> str:
    return " ".join(notice.text.split())


def follow_up_all(letters) -> None:
    for letter in letters:
        services.decide(letter, NO_DISPATCH, letter.sender, version=0)
        services.confirm_letter(letter, letter.leader, 1)


# --- When ---------------------------------------------------------------------------------------------------------


def test_mail_comes_on_the_deadline_and_three_working_days_after(directed, clock):
    assert days_with_mail(clock) == [DEADLINE, AFTER]
    mail = Delivery.objects.filter(notice__kind=Kind.DIRECTOR_STATUS).first()
    assert (mail.address, mail.recipient, mail.role) == (ADDRESS, None, "TO")
    assert all(one.agrees for one in reconciliation.all_sums())


def test_mail_waits_for_the_morning_and_comes_later_when_reminders_are_switched_on_late(directed, clock):
    assert mail_on(clock, 15, 7, 59) is None
    directed.incident.reminder_schedule.delete()
    assert mail_on(clock, 15, 8) is None
    switch_reminders_on(directed.incident, directed.mette)
    assert mail_on(clock, 15, 13)


def test_own_earlier_deadline_counts(directed, clock):
    AdministrationPlan.objects.update(deadline=date(2020, 1, 14))
    assert days_with_mail(clock) == [date(2020, 1, 14), date(2020, 1, 17)]


def test_extended_deadline_counts(directed, clock):
    later = {"deadline": date(2020, 1, 22), "reason": "Skolerne er lukket.", "by": directed.mette}
    DeadlineExtension.objects.create(incident=directed.incident, unit=directed.buf, **later)
    assert days_with_mail(clock) == [date(2020, 1, 22), date(2020, 1, 27)]


def test_deadline_on_a_day_off_counts_as_the_last_working_day_before(directed, clock):
    Incident.objects.update(deadline=date(2020, 1, 19))
    assert days_with_mail(clock) == [date(2020, 1, 17), date(2020, 1, 22)]
    assert "Fristen er om 2 dage, søndag den 19. januar 2020." in words_of(Notice.objects.earliest("pk"))


@pytest.mark.parametrize("deadline", [date(2020, 4, 9), date(2020, 6, 5), date(2020, 12, 31), date(2021, 1, 1)])
def test_days_of_a_deadline_on_a_holiday(deadline):
    first, second = director_mails.mail_days(deadline)
    assert (first < deadline, director_mails.mail_days(first)) == (True, (first, second))


def test_deadline_that_moves_gives_the_mail_again(directed, clock):
    assert mail_on(clock, 15, 8)
    Incident.objects.update(deadline=date(2020, 1, 17))
    assert days_with_mail(clock, date(2020, 1, 16)) == [DEADLINE, date(2020, 1, 17), date(2020, 1, 22)]


def test_no_mail_without_address_when_paused_or_closed(directed, clock):
    AdministrationPlan.objects.update(director_email="")
    assert mail_on(clock, 15, 8) is None
    AdministrationPlan.objects.update(director_email=ADDRESS)
    dispatch_lifecycle.pause_all_mails(directed.incident, "Mailvagten afviser os.")
    assert mail_on(clock, 15, 9) is None
    dispatch_lifecycle.resume_all_mails(directed.incident, directed.mette)
    Incident.objects.update(status=Incident.Status.CLOSED)
    assert mail_on(clock, 15, 10) is None
    Incident.objects.update(status=Incident.Status.OPEN)
    Letter.objects.filter(unit__lineage__contains=[directed.buf.pk]).update(withdrawn_at=timezone.now())
    assert mail_on(clock, 15, 11) is None


def test_two_connections_write_one_mail(transactional_db, cast, clock):
    give_director(cast)
    switch_reminders_on(cast.incident, cast.mette)
    clock.move_to(at(2020, 1, 15, 8))

    def run(_):
        try:
            director_mails.write_due_mails(Incident.objects.get(), at(2020, 1, 15, 8))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(8)))
    [mail] = DirectorMail.objects.all()
    assert Notice.objects.filter(kind=Kind.DIRECTOR_STATUS).count() == 1
    mail.pk, mail.notice = None, Notice.objects.create(kind="TEST", letters=0, copies=0, created_at=timezone.now())
    with pytest.raises(IntegrityError, match="director_mail_once_a_day"), transaction.atomic():
        mail.save()


def test_nothing_is_looked_up_on_other_days(directed, clock, django_assert_max_num_queries):
    clock.move_to(at(2020, 1, 16, 8))
    with django_assert_max_num_queries(3):  # the incident, its plans and its extensions
        director_mails.write_due_mails(Incident.objects.get(), at(2020, 1, 16, 8))


def test_queries_do_not_grow_with_the_units(directed, clock):
    clock.move_to(at(2020, 1, 15, 8))

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            director_mails.write_due_mails(Incident.objects.get(), at(2020, 1, 15, 8))
            transaction.set_rollback(True)
        return len(queries)

    few = count_queries()
    add_units(directed, 6)
    assert count_queries() == few


# --- What ---------------------------------------------------------------------------------------------------------


def add_units(cast, number: int) -> None:
    for place in range(number):
        school = UnitFactory(name=f"Skole {place:02}", parent=cast.area)
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(unit=school)))


@pytest.fixture
def half_way(directed):
    """Of six letters two lack a decision, and the others stand on each step after it, of two schools."""
    services.decide(directed.plain, NEW_LETTER_UNSENT, directed.karen, 0)
    services.decide(directed.untitled, RESENT, directed.karen, 0)
    services.decide(directed.personnel, REVIEW_OPEN, directed.karen, 0)
    follow_up_all([directed.soon])
    User.objects.filter(pk=directed.jens.pk).update(phone="3000 0211")
    return directed


def test_golden_text(half_way, clock):
    texts = [f"Emne: {mail.subject}\n\n{mail.text}" for day in (15, 20) if (mail := mail_on(clock, day, 8))]
    text = f"{'=' * 76}\n".join(texts)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_mail_names_no_letter(half_way, clock):
    AdministrationPlan.objects.update(director_name="Ida Birk 010190-1234")
    mail = mail_on(clock, 15, 8)
    for said in (mail.subject, mail.text, mail.html):
        assert "010190" not in said
        assert not [one.subject for one in Letter.objects.all() if one.subject and one.subject in said]
        assert half_way.karen.name not in said, "the sender"
    assert "Kære Ida Birk" in mail.text
    assert len(mail.text.splitlines()) < 40, "one page"


def test_html_has_the_rows_without_links(half_way, clock):
    html = mail_on(clock, 15, 8).html
    assert "<strong>Svalevejens Skole</strong>" in html
    assert "<a " not in html


def test_eight_units_are_named_and_the_rest_counted(directed, clock):
    add_units(directed, 10)
    mail = mail_on(clock, 15, 8)
    names = re.findall(r"^- ([^,]+), (\d+) brev", mail.text, re.MULTILINE)
    assert names[:2] == [("Svalevejens Skole", "5"), ("Lærkeparkens Skole", "1")]
    assert [len(names), names[-1]] == [9, ("og 4 andre enheder", "4")]
    assert mail.subject == "Opfølgning på sikker post: 0 af 16 breve er fulgt op"


def test_nearest_leaders_are_named(directed, clock):
    Membership.objects.filter(user=directed.torben).delete()
    area = MembershipFactory(user=UserFactory(name="Per Lund", phone="3000 0212"), unit=directed.area)
    MembershipFactory(user=UserFactory(name="Asta Lind"), unit=directed.svalevej)
    MembershipFactory(user=UserFactory(name="Bo Stoppet", left_on=date(2020, 1, 1)), unit=directed.svalevej)
    text = words_of(mail_on(clock, 15, 8))
    assert "Svalevejens Skole, 5 breve er ikke fulgt op – ring til Asta Lind og Jens Ågård " in text
    assert f"Lærkeparkens Skole, 1 brev er ikke fulgt op – ring til {area.user.name} (3000 0212)" in text


def test_later_deadlines_are_counted(directed, clock):
    later = {"deadline": date(2020, 1, 22), "reason": "Skolen er lukket.", "by": directed.mette}
    DeadlineExtension.objects.create(incident=directed.incident, letter=directed.plain, **later)
    text = words_of(mail_on(clock, 15, 8))
    assert "6 breve er ikke fulgt op, heraf 1 med en senere frist: 6 mangler beslutning." in text
    assert "Svalevejens Skole, 5 breve er ikke fulgt op, heraf 1 med en senere frist – ring til" in text


def test_all_followed_up_is_one_sentence_and_no_second_mail(directed, clock):
    letters = Letter.objects.filter(unit__lineage__contains=[directed.buf.pk])
    follow_up_all(letters)
    mail = mail_on(clock, 15, 8)
    assert mail.subject == "Opfølgning på sikker post: 6 af 6 breve er fulgt op"
    assert "Alle breve er fulgt op." in mail.text
    assert "Skole" not in mail.text
    assert days_with_mail(clock) == [DEADLINE]


# --- The pages ----------------------------------------------------------------------------------------------------


def test_page_shows_directors_days_and_mails(directed, clock, as_user):
    page = as_user(directed.mette).get(reverse("reminders")).text
    assert "Ida Birk, ida.birk@buf.example: onsdag den 15. januar og mandag den 20. januar" in " ".join(page.split())
    assert reverse("administration_plan", args=[directed.sof.pk]) in page, "no director is known there"
    assert reverse("administration_plan", args=[directed.buf.pk]) not in page
    mail = reverse("notice", args=[mail_on(clock, 15, 8).pk])
    assert mail in as_user(directed.mette).get(reverse("reminders")).text
    for person, status in (("mette", 200), ("birgitte", 200), ("sofie", 404), ("jens", 404), ("ulla", 404)):
        assert as_user(getattr(directed, person)).get(mail).status_code == status, person


def test_coordinator_gives_the_director_in_the_plan(cast, clock, as_user, settings):
    settings.MAIL = {**settings.MAIL, "own_domains": ["kk.example"]}
    url, director = reverse("administration_plan", args=[cast.buf.pk]), {"director_name": "Ida Birk"}
    refused = as_user(cast.birgitte).post(url, PLAN | director | {"director_email": "ida@hjemme.example"})
    assert (refused.status_code, "Skriv en mailadresse i kommunen." in refused.text) == (422, True)
    as_user(cast.birgitte).post(url, PLAN | director | {"director_email": "ida@buf.kk.example"})
    plan = AdministrationPlan.objects.get()
    assert (plan.director_name, plan.director_email) == ("Ida Birk", "ida@buf.kk.example")
