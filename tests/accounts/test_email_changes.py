"""Correcting a person's e-mail address: the old address is kept, and an address in use is refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from sepo_incident.accounts import users
from sepo_incident.accounts.models import EmailChange, User
from sepo_incident.core.database import Conflict


def correct_email(cast, new="karen.moeller@kk.example", old="karen@kk.example"):
    return users.correct_email(cast.karen, new, old=old, by=cast.mette)


def test_corrected_email_keeps_old_address_and_clears_unreachable(cast):
    User.objects.filter(pk=cast.karen.pk).update(unreachable_since=timezone.now(), unreachable_why="Postkassen er fuld")
    change = correct_email(cast, " Karen.Moeller@KK.example ")
    cast.karen.refresh_from_db()
    assert cast.karen.email == "karen.moeller@kk.example"
    assert (cast.karen.unreachable_since, cast.karen.unreachable_why) == (None, "")
    assert (change.old, change.new, change.by) == ("karen@kk.example", "karen.moeller@kk.example", cast.mette)


def test_email_of_another_person_is_refused(cast):
    with pytest.raises(users.EmailTaken) as taken:
        correct_email(cast, "JENS@kk.example")
    assert taken.value.holder == cast.jens
    assert not EmailChange.objects.exists()


def test_concurrent_email_corrections_conflict(transactional_db, cast):
    def one(number):
        try:
            correct_email(cast, f"karen{number}@kk.example")
            return "done"
        except Conflict:
            return "overtaken"
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(one, range(3))) == ["done", "overtaken", "overtaken"]
    assert EmailChange.objects.get().new == User.objects.get(pk=cast.karen.pk).email


def test_email_changes_are_append_only(cast):
    correct_email(cast)
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        EmailChange.objects.update(new="en@anden.example")
