"""An incident where letters came to wrong recipients, and an incident in Koncern IT's own words."""

import os
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.drafts.recipient_texts import drafts_for_letter
from followups.models import FollowUp
from letters.incident_kinds import KINDS, USUAL_RULES, Fault
from letters.models import BreachAssessment, BreachReport, Incident, Letter
from notifications.incident_page import closing
from notifications.incident_page.facts import read_facts
from notifications.models import Kind
from notifications.texts.notice_composer import compose_notice
from notifications.texts.notice_texts import current_template
from tests.kinds.kind_answers import WRONG, answers_of, letter_url, set_kind
from tests.letters.list_files import csv, row

pytestmark = pytest.mark.usefixtures("monday")
GOLDEN = Path(__file__).parent / "golden" / "first_notice_wrong_recipient.txt"
DAYS = {"first_day": "2019-12-09", "last_day": "2019-12-19", "deadline": "2020-01-15"}
OWN_WORDS = Fault("kom for sent frem", "Brevet kom to uger for sent.", "Brevene kom to uger for sent.")


def compose(cast, kind, *letters):
    found = Letter.objects.filter(pk__in=[one.pk for one in letters]).select_related(
        "sender", "leader", "unit", "followup"
    )
    return compose_notice(kind, cast.incident, cast.karen, found, current_template(kind, cast.incident))


def test_incident_is_created_and_its_list_imported(cast, tmp_path, capsys):
    Incident.objects.update(status="CLOSED")
    call_command("create_incident", "ny", title="Fejl i fjernprint", kind=WRONG, **DAYS)
    made = Incident.objects.get(slug="ny")
    assert (made.kind, made.rules, made.fault) == (WRONG, KINDS[WRONG], KINDS[WRONG].fault)
    path = tmp_path / "liste.csv"
    path.write_bytes(csv(row(1), row(2)))
    call_command("import_list", str(path), incident="ny", commit=True)
    assert services.open_followups(made) == 2
    letter = Letter.objects.filter(incident=made).first()
    assert services.decide(letter, answers_of(WRONG), letter.sender, 0).status == FollowUp.Status.DONE


def test_golden_text_of_the_first_notice(cast, settings):
    settings.SITE_URL = "https://opfoelgning.example"
    set_kind(cast, WRONG)
    karens = Letter.objects.filter(sender=cast.karen)
    mails = compose(cast, Kind.FIRST_NOTICE, *karens), compose(cast, Kind.FIRST_NOTICE, cast.plain)
    text = "\n".join(f"Emne: {mail.subject}\n\n{mail.text}\n{'=' * 76}" for mail in mails)
    text = re.sub(r"(?<=/|=)\d+|(?<=kode )\w+", "…", text)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_kit_writes_what_went_wrong_in_own_words(cast, as_user):
    kit = as_user(cast.mette)
    facts = kit.get(reverse("incident_facts")).context["form"]
    words = {f"fault_{name}": said for name, said in OWN_WORDS._asdict().items()}
    kit.post(reverse("incident_facts"), typed(facts) | words)
    cast.incident.refresh_from_db()
    assert cast.incident.fault == OWN_WORDS
    karen = as_user(cast.karen)
    texts = [karen.get(address).text for address in (reverse("my_letters"), letter_url(cast.plain), reverse("drafts"))]
    texts += [compose(cast, kind, cast.plain).text for kind in (Kind.FIRST_NOTICE, Kind.REMINDER, Kind.OVERDUE)]
    texts += [draft.body for draft in drafts_for_letter(Letter.objects.get(pk=cast.plain.pk))]
    for text in texts:
        said = " ".join(text.split())
        assert any(words in said for words in OWN_WORDS)
        assert USUAL_RULES.fault.short not in said


def typed(form):
    """Return what the form holds, as a browser posts it."""
    parts = [(name, part) for name in ("first_day", "last_day") for part in ("day", "month", "year")]
    days = {f"{name}_{part}": getattr(form[name].value(), part) for name, part in parts}
    return {field.html_name: "" if field.value() is None else field.value() for field in form} | days


def test_breach_question_comes_first_where_the_kind_raises_it(cast, as_user):
    kit = as_user(cast.mette)
    assert not kit.get(reverse("incident")).context["asks_breach_first"]
    set_kind(cast, WRONG)
    page = kit.get(reverse("incident"))
    assert page.context["next_steps"][0].title == "vurdér, om det er et databrud"
    assert page.text.index("Næste skridt") < page.text.index("Trin i opfølgningen")
    report = BreachReport.objects.create(
        incident=cast.incident, aware_at=timezone.now(), text="Set", lost_confidentiality=True, by=cast.mette
    )
    assert kit.get(reverse("incident")).context["asks_breach_first"], "reported, not assessed"
    assert "1 muligt databrud er ikke afgjort" in rest(cast)
    BreachAssessment.objects.create(report=report, answer="DO_NOT_NOTIFY", reason="Ingen", by=cast.mette)
    assert not kit.get(reverse("incident")).context["asks_breach_first"]
    assert not any("databrud" in item.lower() for item in rest(cast))


def rest(cast):
    return closing.still_open(closing.list_closing_items(read_facts(cast.incident, cast.mette)))
