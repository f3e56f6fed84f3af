"""*Personer* lists everybody, with a search and filters; the number of queries does not grow with people."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.models import Delivery, State
from sepo_incident.accounts import users
from sepo_incident.accounts.models import User
from tests.factories import UserFactory

PEOPLE = reverse("people")


def names(page) -> list[str]:
    return [one.name for one in page.context["page_obj"]]


@pytest.mark.usefixtures("monday")
def test_everybody_is_found_by_name_and_by_what_is_the_matter(stage, as_user):
    kit = as_user(stage.mette)
    assert names(kit.get(PEOPLE)) == names(kit.get(PEOPLE, {"vis": "nonsense"}))
    assert kit.get(PEOPLE).context["page_obj"].paginator.count == User.objects.count()
    User.objects.filter(pk=stage.torben.pk).update(left_on=date(2020, 1, 3), is_active=False)
    users.register_absence(stage.anne, stage.karen, date(2020, 1, 13), None, by=stage.anne)
    failed = Delivery.objects.filter(recipient=stage.karen).order_by("pk")[:1]
    Delivery.objects.filter(pk__in=failed).update(state=State.REFUSED, code=550, stage="rcpt", next_attempt_at=None)
    shown = {slug: names(kit.get(PEOPLE, {"vis": slug})) for slug in ("fratraadt", "vaek", "ikke-naaet")}
    assert shown["fratraadt"] == [stage.torben.name]
    assert shown["vaek"] == [stage.anne.name]
    assert stage.karen.name in shown["ikke-naaet"]
    found = kit.get(PEOPLE, {"q": "karen"})
    assert names(found) == [stage.karen.name]
    assert reverse("person", args=[stage.karen.pk]) in found.text
    assert "Vis alle personer" in kit.get(PEOPLE, {"q": "findes ikke"}).text


def test_list_has_25_a_page_and_no_query_per_person(cast, as_user):
    kit = as_user(cast.mette)
    counts = []
    for _ in range(2):
        kit.get(PEOPLE)
        with CaptureQueriesContext(connection) as asked:
            kit.get(PEOPLE)
        counts.append(len(asked))
        UserFactory.create_batch(40, unit=cast.svalevej)
    assert counts[0] == counts[1]
    assert len(names(kit.get(PEOPLE))) == 25
    assert len(re.findall(r'rel="next"', kit.get(PEOPLE).text)) == 1
