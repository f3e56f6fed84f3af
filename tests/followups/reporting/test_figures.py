"""The figures of reports: each equals a plain recount in Python over a random incident."""

from __future__ import annotations

import pytest
from django.utils import timezone

from followups.reporting.figures import Scope, take_figures
from letters.models import Letter
from tests.random_incident import fill_incident

pytestmark = pytest.mark.usefixtures("monday")


@pytest.mark.parametrize("seed", [1, 11])
def test_figures_of_the_municipality_count_all_active_letters(cast, seed):
    fill_incident(cast, seed)
    figures = take_figures(Scope(cast.incident, cast.root, timezone.now()))
    active = set(Letter.objects.active().values_list("pk", flat=True))
    assert set(figures["letters"].letters) == active
    assert figures["letters"].value == len(active)
    assert all(len(key) <= 50 and key.isascii() for key in figures)
