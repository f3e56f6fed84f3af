"""A person's address is corrected: the old one is remembered, and nobody gets somebody else's."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from sepo_incident.accounts import users
from sepo_incident.accounts.models import EmailChange, User
from sepo_incident.core.conflict import Conflict


def correct(cast, new="karen.moeller@kk.example", seen="karen@kk.example"):
    return users.correct_email(cast.karen, new, seen=seen, by=cast.mette)


def test_the_old_address_is_remembered_and_mail_is_taken_to_arrive(cast):
    User.objects.filter(pk=cast.karen.pk).update(unreachable_since=timezone.now(), unreachable_why="Postkassen er fuld")
    change = correct(cast, " Karen.Moeller@KK.example ")
    cast.karen.refresh_from_db()
    assert cast.karen.email == "karen.moeller@kk.example"
    assert (cast.karen.unreachable_since, cast.karen.unreachable_why) == (None, "")
    assert (change.old, change.new, change.by) == ("karen@kk.example", "karen.moeller@kk.example", cast.mette)


def test_somebody_elses_address_is_refused(cast):
    with pytest.raises(users.EmailTaken) as taken:
        correct(cast, "JENS@kk.example")
    assert taken.value.holder == cast.jens
    assert not EmailChange.objects.exists()


def test_two_who_correct_it_at_the_same_moment(transactional_db, cast):
    def one(number):
        try:
            correct(cast, f"karen{number}@kk.example")
            return "done"
        except Conflict:
            return "overtaken"
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(one, range(3))) == ["done", "overtaken", "overtaken"]
    assert EmailChange.objects.get().new == User.objects.get(pk=cast.karen.pk).email


def test_the_history_is_never_rewritten(cast):
    correct(cast)
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        EmailChange.objects.update(new="en@anden.example")


def test_unreachable_has_a_reason(cast):
    with pytest.raises(IntegrityError, match="user_unreachable_has_a_reason"), transaction.atomic():
        User.objects.filter(pk=cast.karen.pk).update(unreachable_since=timezone.now())
