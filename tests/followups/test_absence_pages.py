"""*Mit fravær* and *Overdrag breve*: possible substitutes, refusals, and permanent handover by a leader."""

from datetime import date

import pytest
from django.urls import reverse

from followups.absence import takeovers
from letters.models import Assignment, Letter
from sepo_incident.accounts.models import Absence
from tests.absence import create_absence
from tests.factories import LetterFactory
from tests.followups.responses import message_texts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
MINE, TODAY = reverse("my_absence"), date(2020, 1, 13)


def date_fields(first: date | None = None, last: date | None = None) -> dict[str, int]:
    asked = {"first_day": first, "last_day": last}
    return {
        f"{name}_{part}": getattr(day, part) for name, day in asked.items() if day for part in ("day", "month", "year")
    }


def report_absence(client, substitute, first=TODAY, last=date(2020, 1, 20), url=MINE, **more):
    return client.post(url, {"valg": substitute.pk, **date_fields(first, last), **more})


def handover_url(person) -> str:
    return reverse("handover", args=[person.pk])


@pytest.mark.parametrize(
    ("who", "named"),
    [
        ("karen", {"jens", "birgitte"}),  # an employee of her school and the leader of the school
        ("birgitte", {"karen", "jens", "anne", "torben", "sofie"}),  # everybody in her administration
        ("olga", set()),
    ],
)
def test_possible_substitutes_by_role(cast, as_user, who, named):
    user = getattr(cast, who)
    assert set(takeovers.possible_successors(user, user, is_led=True)) == {getattr(cast, name) for name in named}
    client = as_user(user)
    for name in {"jens", "anne", "ulla"}:
        found = client.get(MINE, {"valg": getattr(cast, name).pk})
        assert found.status_code == (200 if name in named else 404), name
        assert report_absence(client, getattr(cast, name)).status_code == (302 if name in named else 404), name
        Absence.objects.active().update(taken_back_at="2020-01-13T10:00Z", taken_back_by=user)


def test_days_come_before_the_person_and_leave_out_who_is_away_then(cast, as_user):
    """The days are typed once, with the search: the chosen person's form has them, and a GET saves nothing."""
    client = as_user(cast.karen)
    create_absence(cast.jens, cast.birgitte, first=date(2020, 1, 20), last=date(2020, 1, 24))

    def names(first, last=None):
        return [one.name for one in client.get(MINE, date_fields(first, last)).context["candidates"]]

    assert cast.jens.name in names(TODAY)
    assert cast.jens.name in names(TODAY, date(2020, 1, 19))
    assert cast.jens.name not in names(TODAY, date(2020, 1, 20))
    assert cast.jens.name not in names(date(2020, 1, 24))
    text = client.get(MINE, date_fields(TODAY, date(2020, 1, 12))).text
    assert "Datoen skal ligge mellem 13. januar 2020 og" in text
    chosen = client.get(MINE, {**date_fields(date(2020, 1, 16), date(2020, 1, 17)), "valg": cast.birgitte.pk})
    form = chosen.context["form"]
    assert (form["first_day"].value(), form["last_day"].value()) == (date(2020, 1, 16), date(2020, 1, 17))
    assert not Absence.objects.filter(person=cast.karen).exists()


def test_search_finds_people_by_name(cast, as_user):
    client = as_user(cast.birgitte)
    found = client.get(MINE, {"navn": "øster"}, headers={"HX-Request": "true"}).text
    assert "Anne Østergaard" in found
    assert "Karen" not in found
    assert "<h1" not in found
    assert "Ingen passer til »zzz«" in client.get(MINE, {"navn": "zzz"}).text


def test_absence_is_reported_shown_and_withdrawn(cast, as_user):
    client = as_user(cast.karen)
    assert "Væk " not in client.get(MINE).text
    response = report_absence(client, cast.jens)
    assert response.url == MINE
    assert message_texts(response) == ["Jens Ågård er stedfortræder fra 13. januar 2020 til og med 20. januar 2020."]
    one = Absence.objects.get()
    assert (one.person, one.substitute, one.registered_by) == (cast.karen, cast.jens, cast.karen)
    text = client.get(MINE).text
    assert "Væk til og med 20. januar 2020: Jens Ågård svarer for dig." in text
    assert "Karen Bülow Møller" in as_user(cast.jens).get(MINE).text.split("Du er stedfortræder for")[1]
    back = as_user(cast.karen).post(reverse("take_back_absence", args=[one.pk]))
    assert message_texts(back) == ["Fraværet er annulleret. Jens Ågård er ikke længere stedfortræder."]
    one.refresh_from_db()
    assert one.taken_back_by == cast.karen
    assert as_user(cast.karen).post(reverse("take_back_absence", args=[one.pk])).status_code == 404


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (None, None, "Skriv den første dag."),
        (TODAY, date(2020, 1, 12), "Datoen skal ligge mellem 13. januar 2020 og"),
        (date(2020, 1, 20), date(2020, 1, 14), "Sidste dag ligger før første dag."),
        (date(2020, 1, 16), None, "Der er allerede et fravær i de dage. Annullér det først."),
    ],
)
def test_refused_absence_says_what_to_do(cast, as_user, first, last, refusal):
    create_absence(cast.karen, cast.jens, first=date(2020, 1, 15), last=date(2020, 1, 16))
    response = report_absence(as_user(cast.karen), cast.jens, first, last)
    assert response.status_code == 422
    assert refusal in response.text
    assert Absence.objects.count() == 1


def test_leader_reports_and_withdraws_absence_of_employees(cast, as_user):
    client = as_user(cast.jens)
    text = client.get(reverse("handovers")).text
    assert f'href="{handover_url(cast.karen)}"' in text
    assert "Karen Bülow Møller" in text
    assert client.get(handover_url(cast.anne)).status_code == 404
    response = report_absence(client, cast.birgitte, url=handover_url(cast.karen), how="periode")
    assert response.url == handover_url(cast.karen)
    one = Absence.objects.get()
    assert (one.person, one.substitute, one.registered_by) == (cast.karen, cast.birgitte, cast.jens)
    assert "Væk til og med 20. januar 2020: Birgitte Holm svarer" in client.get(reverse("handovers")).text
    assert client.post(reverse("take_back_absence", args=[one.pk])).url == handover_url(cast.karen)
    report_absence(client, cast.jens, url=handover_url(cast.karen), how="periode")  # the leader herself or himself
    assert Absence.objects.active().get().substitute == cast.jens


def test_leader_of_some_letters_names_no_substitute(cast, as_user):
    """A substitute would see the other letters of the sender too. The leader may still hand over the letters
    permanently.
    """
    LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.torben, unit=cast.laerkepark)
    client, number = as_user(cast.jens), Letter.objects.filter(sender=cast.karen, leader=cast.jens).count()
    assert "Du er kun leder for nogle af brevene." in client.get(handover_url(cast.karen)).text
    assert "I en periode" not in client.get(handover_url(cast.karen), {"valg": cast.birgitte.pk}).text
    assert report_absence(client, cast.birgitte, url=handover_url(cast.karen), how="periode").status_code == 422
    assert client.get(handover_url(cast.karen), {"valg": cast.jens.pk}).status_code == 404
    assert not Absence.objects.exists()
    assert (
        report_absence(
            client, cast.birgitte, None, None, url=handover_url(cast.karen), how="altid", number=number
        ).status_code
        == 302
    )


def test_leader_hands_over_open_letters_and_takes_them_back(cast, as_user):
    """A readable personnel case goes along. Finished letters and letters of other leaders stay."""
    other = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.torben, unit=cast.laerkepark)
    client, theirs = as_user(cast.jens), Letter.objects.filter(sender=cast.karen, leader=cast.jens)
    number = theirs.count()
    assert f"af {number} åbne breve" in client.get(handover_url(cast.karen), {"valg": cast.birgitte.pk}).text
    stale = report_absence(
        client, cast.birgitte, None, None, url=handover_url(cast.karen), how="altid", number=number + 1
    )
    assert stale.status_code == 422
    assert "Brevene er ændret imens" in stale.text
    response = report_absence(
        client, cast.birgitte, None, None, url=handover_url(cast.karen), how="altid", number=number
    )
    assert response.url == reverse("handovers")
    assert set(Letter.objects.filter(sender=cast.karen)) == {other}
    assert Letter.objects.filter(sender=cast.birgitte).count() == number
    given = Assignment.objects.get()
    assert "Birgitte Holm" in client.get(reverse("handovers")).text
    assert (
        message_texts(client.post(reverse("undo_handover", args=[given.pk])))[-1]
        == f"Fortrudt. {number} breve er som før."
    )
    assert theirs.count() == number
    assert Absence.objects.count() == 0


def test_letter_that_was_handed_over_names_who_sent_the_mail(cast, as_user):
    url, theirs = handover_url(cast.karen), Letter.objects.filter(sender=cast.karen, leader=cast.jens)
    number, letter = theirs.count(), theirs.filter(pk=cast.plain.pk).get()
    own = as_user(cast.karen).get(reverse("letter", args=[letter.pk])).text
    assert "mappen <strong>Sendt post</strong>" in own
    assert "Du sendte brevet." in own
    report_absence(as_user(cast.jens), cast.birgitte, None, None, url=url, how="altid", number=number)
    text = as_user(cast.birgitte).get(reverse("letter", args=[letter.pk])).text
    assert "Aftal med Karen Bülow Møller" in text
    assert "mappen <strong>Sendt post</strong>" not in text
    assert "Karen Bülow Møller sendte brevet." in text
    assert "Du sendte brevet." not in text


def test_unreadable_personnel_case_is_not_handed_over(cast, as_user):
    client = as_user(cast.birgitte)
    text = client.get(handover_url(cast.karen), {"valg": cast.anne.pk}).text
    assert "1 personalesag bliver hos Karen Bülow Møller" in text
    number = Letter.objects.filter(sender=cast.karen, is_personnel_case=False).count()
    report_absence(client, cast.anne, None, None, url=handover_url(cast.karen), how="altid", number=number)
    assert set(Letter.objects.filter(sender=cast.karen)) == {cast.personnel}


def test_hand_over_to_oneself_is_refused(cast, as_user):
    client = as_user(cast.jens)
    assert "Permanent<" not in client.get(handover_url(cast.karen), {"valg": cast.jens.pk}).text
    assert (
        report_absence(client, cast.jens, None, None, url=handover_url(cast.karen), how="altid", number=5).status_code
        == 422
    )
    assert not Assignment.objects.exists()


def test_person_who_has_left_gets_no_substitute_for_a_period(cast, as_user):
    type(cast.karen).objects.filter(pk=cast.karen.pk).update(left_on=TODAY)
    client = as_user(cast.jens)
    assert "Karen Bülow Møller er fratrådt, så overdrag brevene permanent." in client.get(handover_url(cast.karen)).text
    text = client.get(handover_url(cast.karen), {"valg": cast.birgitte.pk}).text
    assert "Permanent<" in text
    assert "I en periode" not in text
    assert report_absence(client, cast.birgitte, url=handover_url(cast.karen), how="periode").status_code == 422
    assert client.get(handover_url(cast.karen), {"valg": cast.jens.pk}).status_code == 404
    assert not Absence.objects.exists()


def test_leaders_substitute_hands_nothing_over(cast, as_user):
    create_absence(cast.jens, cast.anne)
    assert as_user(cast.anne).get(handover_url(cast.karen)).status_code == 404
    assert "Du har ingen breve at overdrage" in as_user(cast.anne).get(reverse("handovers")).text


def test_page_shows_chain_of_substitutes(cast, as_user):
    create_absence(cast.karen, cast.jens)
    create_absence(cast.jens, cast.birgitte)
    assert "Væk til og med 20. januar 2020: Birgitte Holm svarer for dig." in as_user(cast.karen).get(MINE).text
    create_absence(cast.birgitte, cast.karen)
    assert "Væk indtil videre: ingen svarer." in as_user(cast.karen).get(MINE).text


def test_queries_do_not_grow(cast, as_user, django_assert_max_num_queries):
    for person in (cast.anne, cast.torben, cast.sofie):
        LetterFactory(incident=cast.incident, sender=person, leader=cast.birgitte)
        create_absence(person, cast.karen)
    client = as_user(cast.birgitte)
    with django_assert_max_num_queries(11):
        client.get(reverse("handovers"))
    with django_assert_max_num_queries(12):
        client.get(handover_url(cast.anne))
