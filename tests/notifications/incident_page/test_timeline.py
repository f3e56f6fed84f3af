"""The timeline: what people typed between what the system knows, coming dates above, folded after seven."""

import re
from datetime import date, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.reporting.milestones import milestones
from letters import incidents
from letters.models import Letter, TimelineEntry
from letters.story.story_rows import read_story_rows
from letters.story.timeline import build_timeline
from notifications.alarms import lifecycle
from notifications.alarms.monitors import Finding
from notifications.incident_page import certificates
from notifications.incident_page.timeline_events import incident_events
from notifications.models import Alarm
from notifications.status_note.versions import publish_version, take_version
from tests.factories import at
from tests.followups.decision_answers import NO_DISPATCH

pytestmark = pytest.mark.usefixtures("monday")


def texts(incident):
    timeline = build_timeline(incident_events(read_story_rows(incident)))
    return [event.text for event in timeline.coming], [event.text for event in timeline.past]


def type_entry(cast, day, **fields):
    return TimelineEntry.objects.create(incident=cast.incident, day=day, **{"text": "Noget skete."} | fields)


def test_newest_first_with_coming_dates_above(cast):
    type_entry(cast, date(2020, 1, 3), text="En borger spørger.")
    type_entry(cast, date(2020, 1, 13), time=time(15), text="Senere i dag.")
    type_entry(cast, date(2020, 1, 13), time=time(8, 15), text="I morges.")
    coming, past = texts(cast.incident)
    assert coming == ["Kommunens frist for at følge op på brevene.", "Senere i dag."]
    assert past == [
        "I morges.",
        "Listen »liste.xlsx« er indlæst.",
        "En borger spørger.",
        "Den sidste dag, hvor fejlen rammer breve.",
        "Fejlen rammer det første brev.",
    ]


def test_events_of_one_instant_have_one_order(cast):
    """PostgreSQL returns an updated row last, so the order in which rows were made says nothing."""
    first = take_version(cast.incident, cast.buf, cast.mette)
    publish_version(first, cast.birgitte)
    publish_version(take_version(cast.incident, cast.buf, cast.mette), cast.birgitte)
    numbered = [text for text in texts(cast.incident)[1] if "udgave" in text]
    assert [re.search(r"udgave (\d)", text)[1] for text in numbered] == ["2", "1"], "the newest first"
    rows = build_timeline(incident_events(read_story_rows(cast.incident))).past
    assert build_timeline(reversed(rows)).past == rows


def test_system_tells_deadline_alarms_and_dispatches(cast, dispatch):
    incidents.move_deadline(cast.incident, date(2020, 1, 22), "Julen tog tid.", cast.mette)
    type(cast.incident).objects.update(created_at=at(2020, 1, 6, 9))
    cast.incident.refresh_from_db()
    lifecycle.raise_or_end(Alarm.Kind.QUEUE, Finding(3), timezone.now())
    lifecycle.raise_or_end(Alarm.Kind.QUEUE, None, timezone.now())
    _, past = texts(cast.incident)
    assert "Mette Dahl flytter fristen fra 15. januar 2020 til 22. januar 2020. »Julen tog tid.«" in past
    assert "Alarm: Mails står stille i køen." in past
    assert "Alarmen er lukket: Mails står stille i køen." in past
    assert "3 afsendere får besked." in past


def test_milestones_follow_the_decisions(cast):
    letters = list(Letter.objects.exclude(pk=cast.ullas.pk).order_by("pk"))
    assert list(milestones(cast.incident)) == []
    for letter in letters[:3]:
        services.decide(letter, NO_DISPATCH, letter.sender, version=0)
    assert list(milestones(cast.incident)) == [], "three of seven"
    services.decide(letters[3], NO_DISPATCH, letters[3].sender, version=0)
    assert [event.text for event in milestones(cast.incident)] == ["50 % af brevene har en beslutning."]
    services.undo_decision(letters[3], letters[3].sender, version=1)
    assert list(milestones(cast.incident)) == [], "a decision undone moves the milestone"


def test_milestones_equal_a_plain_recount(cast, monday):
    """Decided at seven different times: 50 % is the fourth, 90 % and 100 % the seventh, told once."""
    for hour, letter in enumerate(Letter.objects.order_by("pk")):
        monday.move_to(at(2020, 1, 13, 10 + hour))
        services.decide(letter, NO_DISPATCH, letter.sender, version=0)
    found = [(event.text, event.time.replace(second=0, microsecond=0)) for event in milestones(cast.incident)]
    assert found == [
        ("50 % af brevene har en beslutning.", time(13)),
        ("Alle breve har en beslutning.", time(16)),
    ]


def test_published_notes_and_certificates_are_told(cast, as_user):
    draft = take_version(cast.incident, cast.buf, cast.mette)
    assert not any("Statusnotat" in text for text in texts(cast.incident)[1]), "a working version is not published"
    publish_version(draft, cast.birgitte)
    publish_version(take_version(cast.incident, cast.root, cast.mette), cast.birgitte)
    certificates.issue(cast.incident, cast.mette)
    _, past = texts(cast.incident)
    assert "Statusnotat om Børne- og Ungdomsforvaltningen, udgave 1, er udgivet." in past
    assert "Statusnotat om hele kommunen, udgave 1, er udgivet." in past
    assert "Afslutningsbevis nr. 1 er udstedt." in past
    assert reverse("note", args=[draft.pk]) in as_user(cast.mette).get(reverse("incident")).text


def test_page_folds_after_seven_and_asks_no_query_per_event(cast, as_user, django_assert_num_queries):
    client = as_user(cast.mette)
    client.get(reverse("incident"))
    type_entry(cast, date(2020, 1, 3))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("incident"))
    for day in range(1, 13):
        type_entry(cast, date(2020, 1, day), text=f"Punkt {day}.")
    with django_assert_num_queries(len(few)):
        context = client.get(reverse("incident")).context
    assert len(context["coming"]) + len(context["past"]) == 7
    assert len(context["past_folded"]) == 17 - 7


def test_readers_read_without_buttons_or_links_to_kit(cast, as_user):
    entry = type_entry(cast, date(2020, 1, 3))
    lifecycle.raise_or_end(Alarm.Kind.QUEUE, Finding(3), timezone.now())
    for person in (cast.birgitte, cast.sofie, cast.jens, cast.pia, cast.hanne):
        shown = as_user(person).get(reverse("incident"))
        assert "Noget skete." in shown.text
        for url in (reverse("story_row", args=["forloeb", entry.pk]), reverse("breach"), reverse("close_incident")):
            assert url not in shown.text
        assert "Trin i opfølgningen" not in shown.text
        assert "Ingen har taget alarmen" not in shown.text
        assert "Karen" not in shown.text, "no sender is named"
    assert as_user(cast.karen).get(reverse("incident")).status_code == 403
    assert as_user(cast.sofie).post(reverse("incident")).status_code == 403
