"""Each list with column heads, on a stage where most lists have rows."""

import re
from itertools import cycle

import pytest
from django.urls import reverse
from django.utils import timezone

from notifications.models import Alarm
from tests.factories import BatchFactory

LISTS = {
    "board": ("birgitte", lambda stage: [stage.buf.pk]),
    "board_figures": ("birgitte", lambda stage: [stage.buf.pk]),
    "board_people": ("birgitte", lambda stage: [stage.buf.pk]),
    "board_categories": ("birgitte", lambda stage: [stage.buf.pk]),
    "board_units": ("birgitte", lambda stage: [stage.buf.pk]),
    "board_consequences": ("birgitte", lambda stage: [stage.buf.pk]),
    "board_mails": ("birgitte", lambda stage: [stage.buf.pk]),
    "escalations": ("pia", lambda stage: []),
    "imports": ("mette", lambda stage: []),
    "people": ("mette", lambda stage: []),
    "staff_files": ("mette", lambda stage: []),
    "batch_letters": ("mette", lambda stage: [stage.plain.batch_id, "nye"]),
    "category_letters": ("mette", lambda stage: ["alt-andet"]),
    "withdrawn_letters": ("mette", lambda stage: []),
    "nobodys": ("mette", lambda stage: []),
    "unassigned": ("mette", lambda stage: []),
    "dispatch": ("mette", lambda stage: [stage.dispatch.pk]),
    "incoming": ("mette", lambda stage: []),
    "not_reached": ("mette", lambda stage: []),
    "alarms": ("mette", lambda stage: []),
}


@pytest.mark.parametrize("name", LISTS)
def test_column_heads_sort_both_ways_and_keep_the_filters(stage, as_user, name):
    person, args = LISTS[name]
    now = timezone.now()
    Alarm.objects.create(kind=Alarm.Kind.QUEUE, raised_at=now, mailed_at=now, ended_at=now)
    BatchFactory(incident=stage.incident)
    client, url = as_user(getattr(stage, person)), reverse(name, args=args(stage))
    columns = client.get(url).context["heads"]
    assert columns
    ways = cycle([("", "ascending", "-"), ("-", "descending", "")])
    for column, (way, direction, other) in zip(columns, ways, strict=False):
        page = client.get(url, {"sort": way + column, "fra": "her", "page": 1})
        head = page.context["heads"][column]
        assert (head.direction, head.url.partition("#")[0]) == (direction, f"?sort={other}{column}&fra=her")
        sorted_heads = re.findall(r'<th [^>]*aria-sort="(\w+)"', page.text)
        assert sorted_heads in ([], [direction]), "at most one head is sorted; none is shown in an empty list"
        if "page_obj" in page.context:
            list(page.context["page_obj"].paginator.object_list)
