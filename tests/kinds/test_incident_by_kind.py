"""An incident of each kind from its creation to its closing: command, list, first notice, board, figures and note."""

import json
import os
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.decision_form import DecisionForm
from followups.models import FollowUp
from followups.reporting.figures import Scope, take_figures
from letters.incident_addresses import address_under
from letters.incident_kinds import KINDS, IncidentKind
from letters.models import BreachAssessment, BreachReport, Incident, Letter
from notifications.incident_page import closing
from notifications.models import Kind
from notifications.texts.notice_composer import compose_notice
from notifications.texts.notice_texts import current_template
from sepo_incident.accounts.models import User
from tests.kinds.kind_answers import NOTHING_TO_SEND, OWN_POST, answers_of, set_kind
from tests.letters.list_files import csv, row

pytestmark = pytest.mark.usefixtures("monday")
GOLDEN = Path(__file__).parent / "golden"
each_kind = pytest.mark.parametrize("kind", IncidentKind)
DAYS = {"first_day": "2019-12-09", "last_day": "2019-12-19", "deadline": "2020-01-15"}


@each_kind
def test_incident_is_created_and_its_list_imported(kind, cast, tmp_path, capsys):
    Incident.objects.update(status="CLOSED")
    call_command("create_incident", "ny", title="Fejl i fjernprint", kind=kind, **DAYS)
    made = Incident.objects.get(slug="ny")
    assert (made.kind, made.rules) == (kind, KINDS[kind])
    path = tmp_path / "liste.csv"
    path.write_bytes(csv(row(1), row(2)))
    call_command("import_list", str(path), incident="ny", commit=True)
    assert Letter.objects.filter(incident=made).count() == services.open_followups(made) == 2
    letter = Letter.objects.filter(incident=made).first()
    saved = services.decide(letter, answers_of(kind), letter.sender, 0)
    assert saved.status == FollowUp.Status.DONE


@each_kind
def test_golden_text_of_the_first_notice(kind, cast, settings):
    settings.SITE_URL = "https://opfoelgning.example"
    set_kind(cast, kind)
    letters = Letter.objects.filter(sender=cast.karen).select_related("sender", "leader", "unit", "followup")
    template = current_template(Kind.FIRST_NOTICE, cast.incident)
    several, one = (
        compose_notice(Kind.FIRST_NOTICE, cast.incident, cast.karen, some, template)
        for some in (letters, letters.filter(pk=cast.plain.pk))
    )
    text = "\n".join(f"Emne: {mail.subject}\n\n{mail.text}\n{'=' * 76}" for mail in (several, one))
    check_golden(f"first_notice_{kind.lower()}", re.sub(r"(?<=/|=)\d+|(?<=kode )\w+", "…", text))


def check_golden(name, text):
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@each_kind
def test_reminders_tell_what_went_wrong(kind, cast):
    set_kind(cast, kind)
    letters = Letter.objects.filter(pk=cast.plain.pk).select_related("sender", "leader", "unit", "followup")
    for mail_kind in (Kind.REMINDER, Kind.DEADLINE_TODAY, Kind.OVERDUE):
        template = current_template(mail_kind, cast.incident)
        told = " ".join(compose_notice(mail_kind, cast.incident, cast.karen, letters, template).text.split())
        assert KINDS[kind].phrases.sentence(is_one=True) in told


@each_kind
def test_pages_say_what_went_wrong(kind, cast, as_user):
    set_kind(cast, kind)
    phrases, karen = KINDS[kind].phrases, as_user(cast.karen)
    assert f"{phrases.short}." in karen.get(reverse("my_letters")).text
    assert f"Brevet {phrases.full}." in karen.get(reverse("letter", args=[cast.plain.pk])).text
    assert f"{phrases.front}." in karen.get(reverse("guide")).text
    for address in ("drafts", "my_letters"):
        assert "kom aldrig frem" not in karen.get(reverse(address)).text or kind == IncidentKind.NOT_ARRIVED
    assert karen.get(reverse("draft_mail", args=[cast.plain.pk, "nyt"])).status_code == 200


@each_kind
def test_board_figures_and_note(kind, cast, as_user, tmp_path, capsys):
    set_kind(cast, kind)
    services.decide(cast.plain, answers_of(kind), cast.karen, 0)
    services.confirm_letter(cast.plain, cast.jens, 1)
    assert as_user(cast.birgitte).get(reverse("board", args=[cast.buf.pk])).status_code == 200
    figures = take_figures(Scope(cast.incident, cast.root, timezone.now()))
    assert (figures["letters.no_dispatch"].value, figures["letters.confirmed"].value) == (1, 1)
    out = tmp_path / "notat.docx"
    call_command("make_note", "--incident", cast.incident.slug, "--out", str(out))
    capsys.readouterr()
    call_command("verify_note", str(out), "--json")
    assert json.loads(capsys.readouterr().out)["ok"]


@each_kind
def test_breach_question_comes_first_where_the_kind_raises_it(kind, cast, as_user):
    set_kind(cast, kind)
    is_raised = KINDS[kind].breach is not None and not KINDS[kind].breach.answer
    kit = as_user(cast.mette)
    page = kit.get(reverse("incident"))
    assert ("Breve kom til forkerte modtagere." in page.text) == is_raised
    assert page.context["asks_breach_first"] == is_raised
    assert "Databrud er ikke vurderet" in rest(cast.incident)
    if is_raised:
        assert page.context["next_steps"][0].title == "vurdér, om det er et databrud"
        assert page.text.index("Næste skridt") < page.text.index("Trin i opfølgningen")
        report = BreachReport.objects.create(
            incident=cast.incident, aware_at=timezone.now(), text="Set", lost_confidentiality=True, by=cast.mette
        )
        assert kit.get(reverse("incident")).context["asks_breach_first"], "reported, not assessed"
        assert "1 muligt databrud er ikke afgjort" in rest(cast.incident)
        BreachAssessment.objects.create(report=report, answer="DO_NOT_NOTIFY", reason="Ingen", by=cast.mette)
        assert not kit.get(reverse("incident")).context["asks_breach_first"]
        assert not any("databrud" in item.lower() for item in rest(cast.incident))


def rest(incident):
    kit = User.objects.get(email="mette@kk.example")
    return closing.still_open(closing.list_closing_items(incident, kit))


def test_answer_about_another_person_raises_the_breach_question(cast, as_user):
    kind = IncidentKind.WRONG_CONTENT
    set_kind(cast, kind)
    own = OWN_POST[kind] | {"concerns_other_person": "ja"}
    form = DecisionForm({"version": "0"} | NOTHING_TO_SEND | own, rules=KINDS[kind])
    assert form.is_valid()
    decided = services.decide(cast.plain, form.answers, cast.karen, 0)
    (step, *_) = as_user(cast.mette).get(reverse("incident")).context["next_steps"]
    assert step.clock.report.aware_at == decided.decided_at
    assert "Databrud er ikke vurderet" in rest(cast.incident)


@each_kind
def test_incident_closes(kind, cast, as_user):
    set_kind(cast, kind)
    for letter in Letter.objects.all():
        services.decide(letter, answers_of(kind), letter.sender, 0)
    seen = rest(cast.incident)
    assert not any("beslutning" in item for item in seen)
    address = address_under(cast.incident, reverse("close_incident"))
    as_user(cast.mette).post(address, {"reason": "Resten er givet videre", "mangler": seen})
    cast.incident.refresh_from_db()
    assert cast.incident.status == Incident.Status.CLOSED
