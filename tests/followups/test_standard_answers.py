"""*Standardsvar*: the texts of a desk, inserted into an answer with or without script."""

import pytest
from django.urls import reverse

from followups import services
from followups.models import StandardAnswer
from letters.incident_kinds import KINDS, IncidentKind
from letters.models import Incident
from sepo_incident.audit.models import RowChange
from sepo_incident.core.forms import CPR_REFUSAL
from tests.followups.escalation_helpers import ask_for_help, post_act

pytestmark = pytest.mark.usefixtures("monday")
TEXT = "Åbn Sendt post, og sortér efter dato."


def answer_url(standard_answer):
    return reverse("standard_answer", args=[standard_answer.pk])


@pytest.fixture
def standard_answer(cast):
    return StandardAnswer.objects.create(desk="DIT", title="Find et brev", text=TEXT, changed_by=cast.pia)


def test_standard_answer_is_appended_and_not_sent(cast, as_user, open_question, standard_answer):
    services.take_escalation(open_question, by=cast.pia)
    pia, typed = as_user(cast.pia), {"kind": "note", "text": "Hej Karen.", "standard": standard_answer.pk}
    response = post_act(pia, "answer_escalation", open_question, do="insert", **typed)
    assert f"Hej Karen.\n\n{TEXT}</textarea>" in response.text
    assert response.context["form"]["kind"].value() == "note"
    assert open_question.entries.count() == 2
    onward = f'formaction="{reverse("answer_escalation", args=[open_question.pk])}#id_text"'
    assert onward in response.text, "one goes on in the text"
    nothing = post_act(pia, "answer_escalation", open_question, do="insert", **typed | {"standard": ""})
    assert "Hej Karen.</textarea>" in nothing.text


@pytest.mark.parametrize("kind", IncidentKind)
def test_standard_answer_tells_what_went_wrong_in_the_incident(cast, as_user, kind):
    Incident.objects.update(kind=kind, status=Incident.Status.PREPARING)
    services.open_followups(cast.incident)
    open_question = ask_for_help(cast.untitled, cast.karen)
    services.take_escalation(open_question, by=cast.pia)
    standard = StandardAnswer.objects.get(title="Flyt en frist")
    posted = {"kind": "answer", "text": "", "standard": standard.pk}
    shown = post_act(as_user(cast.pia), "answer_escalation", open_question, do="insert", **posted)
    typed = shown.context["form"]["text"].value()
    assert typed.startswith(f"{KINDS[kind].fault.one} Skal modtageren have en ny frist")


def test_standard_answer_to_incidents_of_different_kinds_names_none(cast):
    wrong = Incident(kind=IncidentKind.WRONG_RECIPIENT)
    standard = StandardAnswer(text="{hvad der gik galt} Ring til os.")
    assert standard.text_about([wrong, wrong]) == "Brevet kom til en forkert modtager. Ring til os."
    for incidents in ([wrong, cast.incident], []):
        assert standard.text_about(incidents) == "Der skete en fejl med brevet. Ring til os."


def test_desk_is_offered_its_own_answers(cast, as_user, open_question, standard_answer):
    StandardAnswer.objects.create(desk="HR", title="Ring til os", text="7080 8000")
    services.take_escalation(open_question, by=cast.pia)
    shown = as_user(cast.pia).get(reverse("escalation", args=[open_question.pk])).text
    assert "Find et brev</option>" in shown
    assert "Ring til os" not in shown


def test_desk_edits_its_own_answers(cast, as_user, standard_answer):
    pia, new = as_user(cast.pia), reverse("new_standard_answer")
    pia.post(new, {"desk": "DIT", "title": "Flyt en frist", "text": "Skriv et nyt brev."})
    assert pia.get(new).context["form"]["desk"].value() == "DIT", "hidden, for there is only one"
    written = StandardAnswer.objects.get(title="Flyt en frist")
    assert (written.desk, written.changed_by) == ("DIT", cast.pia)
    again = pia.post(new, {"desk": "DIT", "title": "FLYT EN FRIST", "text": "En anden."})
    assert "Der er allerede et standardsvar med det navn." in again.text
    for wrong in ({"desk": "HR"}, {"text": ""}, {"text": "010190-1234"}):
        refused = pia.post(new, {"desk": "DIT", "title": "Nyt", "text": "Tekst"} | wrong)
        assert refused.status_code == 422
    assert CPR_REFUSAL in refused.text
    pia.post(answer_url(standard_answer), {"desk": "DIT", "title": "Find brevet", "text": TEXT})
    assert "Find brevet" in pia.get(reverse("standard_answers")).text
    pia.post(reverse("delete_standard_answer", args=[standard_answer.pk]))
    assert list(StandardAnswer.objects.all()) == [written]
    told = RowChange.objects.filter(table_name="followups_standardanswer", row_id=standard_answer.pk, by_id=cast.pia.pk)
    assert [change.after.get("title") for change in told.order_by("pk")] == ["Find brevet", None]


def test_opening_creates_standard_answers_once(cast, as_user):
    Incident.objects.update(status=Incident.Status.PREPARING)
    services.open_followups(cast.incident)
    assert "Modtageren har ikke Digital Post" in as_user(cast.pia).get(reverse("standard_answers")).text
    StandardAnswer.objects.all().delete()
    services.open_followups(cast.incident)
    assert "I har ingen standardsvar" in as_user(cast.pia).get(reverse("standard_answers")).text


def test_koncern_it_edits_answers_of_every_desk(cast, as_user, standard_answer):
    mette = as_user(cast.mette)
    assert "Find et brev" in mette.get(reverse("standard_answers")).text
    mette.post(answer_url(standard_answer), {"desk": "HR", "title": "Find et brev", "text": TEXT})
    standard_answer.refresh_from_db()
    assert (standard_answer.desk, standard_answer.changed_by) == ("HR", cast.mette)
