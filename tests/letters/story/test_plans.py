"""The administrations' plans: who edits which, the internal deadline, missing plans, and the text for senders."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from letters import incidents
from letters.models import AdministrationPlan
from letters.story import plans
from letters.story.rows import corrections_of
from letters.story.story_rows import read_story_rows
from sepo_incident.core.database import Conflict
from tests.factories import at
from tests.letters.story.story_posts import PLAN, date_fields

pytestmark = pytest.mark.usefixtures("monday")
EARLIER, DEADLINE = date(2020, 1, 14), date(2020, 1, 15)


def plan_url(unit):
    return reverse("administration_plan", args=[unit.pk])


def test_coordinator_finds_the_plan_from_the_board_in_one_press(cast, as_user):
    assert plan_url(cast.buf) in as_user(cast.birgitte).get(reverse("board", args=[cast.buf.pk])).text
    assert as_user(cast.birgitte).get(reverse("own_plan")).url == plan_url(cast.buf)
    for person, unit in ((cast.sofie, cast.buf), (cast.birgitte, cast.area), (cast.jens, cast.svalevej)):
        assert "Jeres plan" not in as_user(person).get(reverse("board", args=[unit.pk])).text


def test_plan_is_received_and_named_on_the_incident_page(cast, as_user):
    assert [row.unit.code for row in plans.list_plans(read_story_rows(cast.incident)) if not row.has_plan] == [
        "BUF",
        "SOF",
    ]
    as_user(cast.birgitte).post(plan_url(cast.buf), PLAN | date_fields("deadline", EARLIER))
    plan = AdministrationPlan.objects.get()
    assert (plan.received_by, plan.received_at.date(), plan.phone) == (cast.birgitte, date(2020, 1, 13), "3000 0210")
    section = as_user(cast.birgitte).get(reverse("incident")).text.partition('id="planer"')[2]
    assert "Koncern IT kan se det nu." in section
    page = as_user(cast.mette).get(reverse("incident")).text
    assert "1 forvaltning har ikke sendt en plan: SOF." in page
    assert "Modtaget 13. januar" in page
    assert "Egen frist 14. januar 2020" in page


def test_addresses_of_mails_are_the_municipalitys_own(cast, as_user, settings):
    settings.MAIL = {**settings.MAIL, "own_domains": ["kk.example"]}
    for name in ("support_email", "director_email"):
        page = as_user(cast.birgitte).post(plan_url(cast.buf), PLAN | {name: "x@evil.example"})
        assert (page.status_code, "Skriv en mailadresse i kommunen." in page.text) == (422, True), name


def test_contact_alone_is_no_plan(cast, as_user, monday):
    as_user(cast.birgitte).post(plan_url(cast.buf), PLAN | {"text": " "})
    assert [row.unit.code for row in plans.list_plans(read_story_rows(cast.incident)) if not row.has_plan] == [
        "BUF",
        "SOF",
    ]
    page = as_user(cast.mette).get(reverse("incident")).text
    assert "2 forvaltninger har ikke sendt en plan" in page
    assert "Modtaget" not in page
    assert "Modtaget" not in as_user(cast.birgitte).get(plan_url(cast.buf)).text
    monday.shift(timedelta(days=1))
    as_user(cast.mette).post(plan_url(cast.buf), PLAN | {"version": 0})
    page = as_user(cast.mette).get(reverse("incident")).text
    assert "Modtaget 14. januar" in page
    assert "1 forvaltning har ikke sendt en plan" in page


def test_committee_meeting_is_a_coming_date(cast, as_user):
    as_user(cast.birgitte).post(plan_url(cast.buf), PLAN | date_fields("meeting_on", EARLIER))
    shown = as_user(cast.jens).get(reverse("incident")).text
    committee = shown.partition("Tirsdag den 14. januar")[2].partition("Børne- og Ungdomsudvalget")[0]
    assert "– i morgen" in committee, "said once"
    assert "Møde i Børne- og Ungdomsudvalget." in shown


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (date_fields("deadline", date(2020, 1, 16)), "ikke ligge efter kommunens frist, onsdag den 15. januar 2020"),
        ({"text": "Om 010190-1234"}, "Teksten ligner et CPR-nummer."),
    ],
)
def test_wrong_plan_is_refused_and_kept(cast, as_user, wrong, words):
    response = as_user(cast.birgitte).post(plan_url(cast.buf), PLAN | wrong)
    assert response.status_code == 422
    assert words in response.text
    assert "Vi følger op på alle breve." in response.text
    assert not AdministrationPlan.objects.exists()


def test_plan_follows_an_earlier_deadline_with_history(cast, as_user):
    as_user(cast.birgitte).post(plan_url(cast.buf), PLAN | date_fields("deadline", DEADLINE))
    incidents.move_deadline(cast.incident, EARLIER, "Udvalget mødes.", cast.mette)
    plan = AdministrationPlan.objects.get()
    assert (plan.deadline, plan.version) == (EARLIER, 1)
    [correction] = corrections_of(AdministrationPlan, [plan.pk])[plan.pk]
    assert (correction.by, correction.changes[0].before) == ("Mette Dahl", "15. januar 2020")
    late = as_user(cast.birgitte).post(plan_url(cast.buf), PLAN | date_fields("deadline", EARLIER))
    assert late.status_code == 409, "the coordinator's page is older than the move"


def test_own_deadline_is_no_day_that_has_passed_but_may_pass(cast, as_user, monday):
    client = as_user(cast.birgitte)
    refused = client.post(plan_url(cast.buf), PLAN | date_fields("deadline", date(2020, 1, 10)))
    assert "Fristen er passeret. Vælg en dag fra i dag." in refused.text
    client.post(plan_url(cast.buf), PLAN | date_fields("deadline", EARLIER))
    monday.move_to(at(2020, 1, 20, 9))
    client = as_user(cast.birgitte)
    version = client.get(plan_url(cast.buf)).context["form"]["version"].value()
    later = PLAN | date_fields("deadline", EARLIER) | {"statement": "Vi er færdige.", "version": version}
    client.post(plan_url(cast.buf), later)
    assert AdministrationPlan.objects.get().statement == "Vi er færdige."


def test_two_editors_of_one_plan(cast, as_user):
    """The first plan too: both began without one."""
    as_user(cast.mette).post(plan_url(cast.buf), PLAN | {"statement": "KIT var først."})
    late = as_user(cast.birgitte).post(plan_url(cast.buf), PLAN | {"statement": "Min tekst."})
    assert late.status_code == 409
    for words in ("KIT var først.", "Min tekst.", "rettet af Mette Dahl"):
        assert words in late.text
    again = late.context["form"]["version"].value()
    as_user(cast.birgitte).post(plan_url(cast.buf), PLAN | {"statement": "Min tekst.", "version": again})
    plan = AdministrationPlan.objects.get()
    assert (plan.statement, plan.received_by) == ("Min tekst.", cast.mette)


def test_text_and_deadline_reach_the_administrations_senders_only(cast, as_user, monday):
    as_user(cast.birgitte).post(plan_url(cast.buf), PLAN | date_fields("deadline", EARLIER))
    shown = as_user(cast.karen).get(reverse("my_letters")).text
    for words in ("Fra din forvaltning", "Ring til Lisbeth.", "tirsdag den 14. januar 2020"):
        assert words in shown
    assert shown.index("tirsdag den 14. januar") < shown.index('class="jobs"'), "before the letters"
    assert "Kommunens frist" not in shown, "one deadline to keep"
    monday.move_to(at(2020, 1, 15))
    late = as_user(cast.karen).get(reverse("my_letters")).text
    assert '<p class="when is-late">' in late
    assert "Kommunens frist er onsdag den 15. januar 2020" in late
    assert "Ring til Lisbeth." not in as_user(cast.ulla).get(reverse("my_letters")).text


def test_plan_of_a_closed_incident_cannot_be_saved(cast, as_user):
    incidents.set_status(cast.incident, "CLOSED", cast.mette, "Alt er gjort.")
    plan = plans.find_or_begin_plan(cast.incident, cast.buf, cast.birgitte)
    with pytest.raises(Conflict, match="Hændelsen er lukket"):
        plans.save_plan(plan, cast.birgitte, None)
    assert as_user(cast.birgitte).post(plan_url(cast.buf), PLAN).status_code == 404


def test_numbers_of_personnel_cases_only_say_so(cast, as_user):
    shown = {one.email: as_user(one).get(reverse("incident")).text for one in (cast.hanne, cast.birgitte, cast.mette)}
    assert [who for who, page in shown.items() if "Kun personalesager" in page] == [cast.hanne.email]
