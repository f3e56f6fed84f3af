"""A dead clock is seen: the heartbeats of the queues, the health check, *Alarmer*, and the line on KIT's pages."""

from datetime import timedelta

import pytest
from celery import current_app
from celery.beat import Scheduler
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.alarms import heartbeats
from notifications.models import Heartbeat
from notifications.tasks import record_heartbeat
from sepo_incident.core import danish
from sepo_incident.demo import tour
from sepo_incident.embedded import processes

QUEUES = list(Heartbeat.Queue)
ALL, PART = "Planlagte opgaver kører ikke", "En del af systemet står stille"
LINE = 'class="standstill-bar"'


def silence(*queues: str, seconds: int = 121) -> None:
    """Let the last heartbeat of these queues lie so many seconds back."""
    Heartbeat.objects.filter(queue__in=queues).update(at=Now() - timedelta(seconds=seconds))


def last_heard(queue: str) -> str:
    return danish.moment(Heartbeat.objects.get(queue=queue).at)


@pytest.fixture
def heard(db):
    """Every queue has had a heartbeat just now."""
    for queue in QUEUES:
        heartbeats.record_heartbeat(queue)


def test_fresh_installation_is_silent(db):
    assert heartbeats.list_silent_queues() == [(queue, None) for queue in QUEUES]
    assert "har aldrig givet livstegn." in heartbeats.find_standstill()["descriptions"][0]


@pytest.mark.parametrize("queue", QUEUES)
def test_each_queue_alone_is_silent_after_two_minutes(heard, queue):
    silence(queue, seconds=119)
    assert heartbeats.list_silent_queues() == []
    silence(queue)
    assert heartbeats.list_silent_queues() == [(queue, Heartbeat.objects.get(queue=queue).at)]
    heartbeats.record_heartbeat(queue)
    assert heartbeats.list_silent_queues() == []


def test_the_clock_of_a_worker_does_not_matter(heard, time_machine):
    silence(*QUEUES)
    time_machine.move_to("2001-01-01")
    record_heartbeat("mail")
    time_machine.move_to("2099-01-01")
    assert [queue for queue, _ in heartbeats.list_silent_queues()] == ["celery", "codes"]


@pytest.mark.parametrize("silent", [["mail"], QUEUES])
def test_health_names_the_silent_queues_and_the_site_stays_up(heard, client, silent):
    assert client.get("/sundhed/").status_code == 200
    silence(*silent)
    answer = client.get("/sundhed/")
    assert (answer.status_code, answer.json()["silent_queues"]) == (503, silent)
    site = client.get("/sundhed/siden/")
    assert (site.status_code, site.json()) == (200, {"database": True})


def test_health_without_tables_is_503(db, client):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_heartbeat RENAME TO gone")
    answer = client.get("/sundhed/")
    assert (answer.status_code, answer.json()["silent_queues"]) == (503, None)


@pytest.mark.engines
def test_health_of_a_disk_that_takes_no_writes_is_503_at_once(own_database, client):
    """PostgreSQL cannot write a temporary file: a file lies where the folder of those belongs. Reading goes on."""
    for queue in QUEUES:
        record_heartbeat(queue)
    assert client.get("/sundhed/").json() == {"database": True, "disk": True, "broker": True, "silent_queues": []}
    folder = own_database.engine.folder / "base/pgsql_tmp"
    folder.rmdir()
    folder.touch()
    answer = client.get("/sundhed/")
    assert (answer.status_code, answer.json()["database"], answer.json()["disk"]) == (503, True, False)
    assert client.get("/sundhed/siden/").status_code == 200


class TestPages:
    @pytest.fixture
    def mette(self, cast, as_user):
        return as_user(cast.mette)

    def test_dead_clock(self, mette):
        silence(*QUEUES, seconds=600)
        silence("mail", seconds=300)
        page = mette.get(reverse("alarms")).text
        assert "Ingen alarmer" not in page
        assert "Disse fejl leder systemet efter" not in page
        assert f">{ALL}</h2>" in page
        assert f"har ikke givet livstegn siden {last_heard('mail')}." in page
        assert "Ingen mails, påmindelser eller alarmer går ud." in page
        assert "starte uret (beat) og programmerne (workers), se docs/operations.md" in page

    def test_one_queue(self, mette):
        queue = "mail"
        silence(queue)
        page = mette.get(reverse("alarms")).text
        assert "Ingen alarmer" not in page
        assert f">{PART}</h2>" in page
        assert f"Køen »{queue}« har ikke givet livstegn siden {last_heard(queue)}." in page
        assert [one for one in QUEUES if f"Køen »{one}«" in page] == [queue]

    def test_every_page_of_kit_has_a_line_from_the_next_load(self, mette):
        pages = ("glossary", "alarms")
        for page in pages:
            assert LINE not in mette.get(reverse(page)).text
        silence(*QUEUES)
        for page in pages:
            shown = mette.get(reverse(page)).text
            assert shown.count(LINE) == 1
            assert f'{ALL}. <a href="{reverse("alarms")}">Se alarmer</a>' in shown

    def test_only_kit_reads_the_heartbeats(self, cast, as_user):
        silence(*QUEUES)
        for person, reads in [(cast.mette, 1), (cast.jens, 0)]:
            browser = as_user(person)
            with CaptureQueriesContext(connection) as queries:
                page = browser.get(reverse("glossary")).text
            assert sum("notifications_heartbeat" in one["sql"] for one in queries) == reads
            assert (LINE in page) is bool(reads)

    def test_no_line_while_the_demo_is_filled(self, mette, settings, monkeypatch):
        silence(*QUEUES)
        settings.DEMO, settings.ROOT_URLCONF = True, "tests.engines.demo_urls"
        monkeypatch.setattr(tour, "is_getting_ready", lambda: True)
        assert LINE not in mette.get(reverse("glossary")).text
        monkeypatch.setattr(tour, "is_getting_ready", lambda: False)
        assert LINE in mette.get(reverse("glossary")).text


@pytest.mark.engines
def test_workers_bring_the_pages_back(transactional_db, cast, as_user, start_worker):
    """Beat sends to every queue; the worker of some queues answers for these alone."""
    mette = as_user(cast.mette)
    silence(*QUEUES)
    start_worker(queues="celery,codes")
    for entry in Scheduler(app=current_app).schedule.values():
        if entry.task == record_heartbeat.name:
            current_app.send_task(entry.task, entry.args, entry.kwargs, **entry.options)
    assert processes.wait_until(lambda: [queue for queue, _ in heartbeats.list_silent_queues()] == ["mail"], 15)
    assert f"{PART}. " in mette.get(reverse("glossary")).text
    assert mette.get("/sundhed/").json()["silent_queues"] == ["mail"]
    record_heartbeat("mail")
    assert LINE not in mette.get(reverse("glossary")).text
    assert mette.get("/sundhed/").status_code == 200
