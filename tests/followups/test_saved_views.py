"""Saved views: a filter under a name, with a count, for oneself."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups.boards.saved_views import FILTER_TOO_LONG, MAX_VIEWS, NO_FILTER, TOO_MANY_VIEWS
from followups.models import SavedView
from tests.followups.responses import message_texts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def save(as_user):
    """`save(reader, unit, "Pjecer", words="Pjece")` saves a view; more fields than filters begin with `form_`."""

    def go(reader, unit, name, **filters):
        address = reverse("save_view", args=[unit.pk])
        return as_user(reader).post(address, {"name": name}, query_params=filters, follow=True)

    return go


def views_of(as_user, reader, unit, **filters):
    page = as_user(reader).get(reverse("board", args=[unit.pk]), filters)
    return {one.view.name: one for one in page.context["views"]}


def test_view_keeps_the_filter_and_counts_its_letters(cast, as_user, save):
    answer = save(cast.birgitte, cast.buf, "Pjecer", words="Pjece", page="3", sort="-sent", udenfor="1")
    assert message_texts(answer) == ["Visningen »Pjecer« er gemt."]
    assert SavedView.objects.get().query == "words=Pjece"
    view = views_of(as_user, cast.birgitte, cast.buf)["Pjecer"]
    assert view.letters == 1
    shown = as_user(cast.birgitte).get(view.url)
    assert [letter.pk for letter in shown.context["page_obj"]] == [cast.plain.pk]
    assert views_of(as_user, cast.birgitte, cast.buf, words="Pjece")["Pjecer"].is_current


def test_view_is_its_owners(cast, as_user, save):
    save(cast.birgitte, cast.svalevej, "Åbne", status="OPEN")
    view = SavedView.objects.get()
    assert views_of(as_user, cast.jens, cast.svalevej) == {}
    assert as_user(cast.jens).post(reverse("delete_view", args=[view.pk])).status_code == 404
    as_user(cast.birgitte).post(reverse("delete_view", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_same_name_replaces_the_view(cast, save):
    save(cast.birgitte, cast.buf, "Haster", status="OPEN")
    save(cast.birgitte, cast.buf, "haster", status="PASSED")
    assert SavedView.objects.get().query == "status=PASSED"


def test_refusals_say_what_to_do(cast, save):
    assert message_texts(save(cast.birgitte, cast.buf, "Tom")) == [NO_FILTER]
    assert message_texts(save(cast.birgitte, cast.buf, " ", status="OPEN")) == ["Giv visningen et navn."]
    assert message_texts(save(cast.birgitte, cast.buf, "Lang", words="ord " * 200)) == [FILTER_TOO_LONG]
    assert not SavedView.objects.exists()
    SavedView.objects.bulk_create(
        SavedView(unit=cast.buf, owner=cast.birgitte, name=f"Nr. {n}", query="status=OPEN") for n in range(MAX_VIEWS)
    )
    assert message_texts(save(cast.birgitte, cast.buf, "Én til", status="OPEN")) == [TOO_MANY_VIEWS]
    assert SavedView.objects.count() == MAX_VIEWS


def test_outsider_saves_nothing(cast, save):
    assert save(cast.ulla, cast.svalevej, "Andres", status="OPEN").status_code == 404


def test_counts_of_all_views_take_one_query(cast, as_user, save):
    def queries():
        as_user(cast.birgitte).get(reverse("board", args=[cast.buf.pk]))
        with CaptureQueriesContext(connection) as made:
            as_user(cast.birgitte).get(reverse("board", args=[cast.buf.pk]))
        return len(made)

    without_views = queries()
    for name in ("A", "B", "C", "D"):
        save(cast.birgitte, cast.buf, name, status="OPEN")
    assert queries() == without_views + 1
