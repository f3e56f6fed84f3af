"""kill -9 of the taking in and of the search, and restarts of PostgreSQL: the same again loses and doubles nothing."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from letters.models import FlowCount, Frontier, Leg, LetterDispatch, Receipt, SilenceAlarm, SilenceSign, TouchedBucket
from letters.tracking import recount
from letters.tracking.missing_reports import report_missing
from letters.tracking.silence.detection import detect
from letters.tracking.silence.open_alarms import as_json
from letters.tracking.take_in import take_in_dispatches, take_in_receipts
from tests.fixtures_worker import worker_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
START = datetime(2019, 12, 9, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BATCH, BATCHES = 4, 2
LETTERS = BATCH * BATCHES

#: A process that forks for each line of its input. The fork runs a command and kills itself before or after its n-th
#: commit, or before its n-th statement. It answers with the exit code.
FORKING = """
import itertools, json, os, signal, sys, django; django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from letters.management.commands import take_in
take_in.BATCH_SIZE = int(sys.argv[1])
def reach(point, number):
    if [point, number] == asked[:2]:
        os.kill(os.getpid(), signal.SIGKILL)
for line in sys.stdin:
    if pid := os.fork():
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
        continue
    asked = json.loads(line)
    commits, statements, commit = itertools.count(1), itertools.count(1), DatabaseWrapper._commit
    def counted_commit(self):
        number = next(commits)
        reach("before commit", number)
        commit(self)
        reach("after commit", number)
    def counted_statement(execute, *statement):
        reach("before statement", next(statements))
        return execute(*statement)
    DatabaseWrapper._commit = counted_commit
    connection.execute_wrappers.append(counted_statement)
    call_command(*asked[2:], stdout=open(os.devnull, "w"))
    os._exit(0)
"""


@pytest.fixture
def run_and_kill(transactional_db, settings, sink):
    """`run_and_kill(point, number, command, *options)` returns whether the command came to the point and was killed."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    env = {**os.environ, **worker_environment(settings, sink)}
    with subprocess.Popen([sys.executable, "-c", FORKING, str(BATCH)], env=env, **pipes) as forking:

        def run(*asked: object) -> bool:
            print(json.dumps(asked), file=forking.stdin, flush=True)
            code = int(forking.stdout.readline())
            assert code in (0, -signal.SIGKILL)
            return code != 0

        yield run
        forking.kill()


def dispatch(name, sent_at):
    at = sent_at.isoformat()
    return {"id": name, "message_uuid": name, "channel": "SEPO", "sent_at": at, "known_at": at, "unit": "Skole A"}


def receipt(name, at, status="Afleveret Digital Post"):
    return {"message_uuid": name, "status": status, "at": at.isoformat(), "received_at": at.isoformat()}


def rows_of(point):
    """Return the rows of the letters of a point, without the ids that PostgreSQL gives them."""
    sent = LetterDispatch.objects.filter(source_id__startswith=f"{point} ").order_by("source_id")
    said = Receipt.objects.filter(dispatch__in=sent).order_by("fingerprint")
    return [
        [{**row, "id": 0, "channel_id": 0} for row in sent.values()],
        [{**row, "id": 0, "dispatch_id": 0} for row in said.values()],
        sorted(set(TouchedBucket.objects.values_list("kind", "bucket"))),
    ]


def found():
    """Return the alarms, the listed letters, and what the search has counted and learnt, without ids."""
    signs = SilenceSign.objects.order_by("kind").values_list(
        "kind", "alarm__channel__name", "leg__kind", "missing", "surprise", "since", named=True
    )
    flow = FlowCount.objects.order_by("slice__leg__kind", "slice__kind", "slice__value", "bucket").values_list(
        "slice__leg__kind", "slice__kind", "slice__value", "bucket", "letters"
    )
    legs = Leg.objects.order_by("kind").values_list("kind", "median_delay", "tolerances", "learned_until")
    return [list(signs), as_json()["listed"], list(flow), list(legs), Frontier.objects.count()]


def test_taking_in_is_killed_around_every_commit(tmp_path, run_and_kill):
    """What is committed are whole batches, and the same files again bring the rows of an unbroken run."""
    files = tmp_path / "d.jsonl", tmp_path / "r.jsonl"
    until = START + timedelta(days=1)
    command = ("take_in", "--dispatches", str(files[0]), "--receipts", str(files[1]), "--until", until.isoformat())
    points = [(point, commit) for point in ("before commit", "after commit") for commit in range(1, 2 * BATCHES + 1)]
    for place, (point, commit) in enumerate(points):
        start = START + place * timedelta(hours=1)
        sent = [dispatch(f"{place} {one:02}", start + one * MINUTE) for one in range(LETTERS)]
        came = [receipt(one["message_uuid"], start + 30 * MINUTE) for one in sent]
        for file, rows in zip(files, (sent, came), strict=True):
            file.write_text("\n".join(map(json.dumps, rows)))
        with transaction.atomic():
            take_in_dispatches(sent, until)
            take_in_receipts(came, until)
            unbroken = rows_of(place)
            transaction.set_rollback(True)

        assert run_and_kill(point, commit, *command)
        committed = BATCH * (commit - (point == "before commit"))
        counts = [len(rows) for rows in rows_of(place)[:2]]
        assert counts == [min(committed, LETTERS), max(0, committed - LETTERS)], (point, commit)
        assert not run_and_kill("", 0, *command)
        assert rows_of(place) == unbroken, (point, commit)
    assert not LetterDispatch.objects.exclude(outcome__is_delivered=True).exists()
    detect(until)
    call_command("balance", stdout=StringIO())


#: A letter every five minutes for two days: enough to learn from.
LEARNT = 2 * 288


def test_search_is_killed_in_the_middle_and_around_its_commit(cast, run_and_kill):
    """Nothing of a killed search stays, and the next one finds what an unbroken search finds, once."""
    names = [f"letter {one}" for one in range(LEARNT + 60)]
    now = START + len(names) * 5 * MINUTE
    take_in_dispatches([dispatch(name, START + one * 5 * MINUTE) for one, name in enumerate(names)], now)
    delivered = [receipt(name, START + (one * 5 + 10) * MINUTE) for one, name in enumerate(names[:LEARNT])]
    take_in_receipts(delivered, now)
    for number, person in enumerate((cast.karen, cast.jens, cast.jens)):
        report_missing(person, now, words=f"brev {number}")
    with transaction.atomic(), CaptureQueriesContext(connection) as statements:
        detect(now)
        unbroken = found()
        transaction.set_rollback(True)
    assert [sign.kind for sign in unbroken[0]] == ["reported", "stop"]

    command = "detect", "--at", now.isoformat()
    for point, number in [("before statement", n) for n in range(20, len(statements), 40)] + [("before commit", 1)]:
        assert run_and_kill(point, number, *command), number
        assert (Leg.objects.count(), SilenceAlarm.objects.count()) == (0, 0), (point, number)
    assert run_and_kill("after commit", 1, *command)
    assert not TouchedBucket.objects.exists()
    assert found() == unbroken
    detect(now)
    assert found() == unbroken
    assert recount.count_wrong_flow_counts() == 0


def test_postgres_restarts_while_a_batch_is_taken_in(own_database, monkeypatch):
    """The restart, in the ordinary way or by a kill, comes after the rows are written and before they are committed."""
    wrapper = connections["default"]
    commit = wrapper._commit
    sent = [dispatch(f"{one:02}", START) for one in range(LETTERS)]
    take_in_dispatches(sent[:BATCH], START)

    def restart_before_commit(how):
        own_database.end(how)
        own_database.start()
        commit()

    came = [receipt(one["id"], START) for one in sent]
    for act, rows, how in ((take_in_dispatches, sent, None), (take_in_receipts, came, signal.SIGKILL)):
        before = LetterDispatch.objects.count(), Receipt.objects.count(), TouchedBucket.objects.count()
        with monkeypatch.context() as patched:
            patched.setattr(wrapper, "_commit", partial(restart_before_commit, how))
            with pytest.raises(OperationalError):
                act(rows, START)
        connection.close()
        assert (LetterDispatch.objects.count(), Receipt.objects.count(), TouchedBucket.objects.count()) == before
        act(rows, START)
    assert LetterDispatch.objects.filter(outcome__is_delivered=True).count() == LETTERS
    detect(START)
    assert (recount.count_wrong_outcomes(), recount.count_wrong_flow_counts()) == (0, 0)
