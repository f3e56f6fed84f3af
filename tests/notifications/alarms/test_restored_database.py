"""A database restored from a backup asks before sending. `test_engine_restarts.py` restores a real one."""

from django.core.management import call_command
from django.urls import reverse

from notifications.alarms import lifecycle
from notifications.dispatching import dispatch_lifecycle
from notifications.models import Alarm, Delivery, SendingChange, SendingDatabase
from tests.notices import request_first_notices, write_notices


def test_first_database_is_registered_and_sends(dispatch, drain):
    assert not SendingDatabase.objects.exists()
    assert drain() == 5
    since = SendingDatabase.objects.current().get().since
    drain()
    assert SendingDatabase.objects.get().since == since
    assert not SendingChange.objects.exists()


def test_restored_database_sends_after_confirmation(cast, drain, sink, as_user, caplog):
    lifecycle.check_sending_database()
    dispatch = write_notices(request_first_notices(cast.incident))
    SendingDatabase.objects.update(identity="the server that burned")
    assert (drain(), drain()) == (1, 0)
    assert [one.rcpt_tos for one in sink.mails] == [["driftsvagt@kit.example"]], "only the watch hears of it"
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.number, alarm.ended_at) == (Alarm.Kind.RESTORED, 5, None)
    assert SendingChange.objects.get().by is None, "asked once, by the system"
    assert "the database is another" in caplog.text
    page = as_user(cast.mette).get(reverse("notices")).content.decode()
    assert "genskabt fra en sikkerhedskopi" in page
    dispatch_lifecycle.resume_all_mails(cast.incident, cast.mette)
    assert drain() == 5
    assert len(sink.mails) - 1 == Delivery.objects.filter(notice__dispatch=dispatch, state="ACCEPTED").count()
    call_command("balance")


def test_paused_restored_database_shows_the_new_reason(cast, drain, as_user):
    lifecycle.check_sending_database()
    dispatch_lifecycle.pause_all_mails(cast.incident, "Ferie", cast.mette)
    SendingDatabase.objects.update(identity="the server that burned")
    drain()
    assert SendingChange.objects.count() == 2
    assert "genskabt fra en sikkerhedskopi" in as_user(cast.mette).get(reverse("notices")).text
