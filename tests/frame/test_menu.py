"""The menu against the real addresses."""

import pytest
from django.urls import get_resolver, reverse

from letters import worklist
from sepo_incident.accounts.models import Membership
from sepo_incident.context import entries


@pytest.mark.parametrize("role", [*Membership.Role.values, None])
def test_every_line_of_the_menu_leads_somewhere(role):
    lines = entries([role] if role else [])
    assert lines
    assert all(reverse(entry.page) for entry in lines)


def test_every_page_that_is_said_to_lie_under_a_line_exists():
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    under = {name for role in Membership.Role.values for entry in entries([role]) for name in entry.under}
    assert under <= names


def test_the_widest_role_decides():
    both = entries([Membership.Role.LEADER, Membership.Role.KIT_ADMIN])
    assert both == entries([Membership.Role.KIT_ADMIN])
    assert [entry.label for entry in entries([])] == ["Mine breve", "Sådan gør du", "Ordliste"]


def test_whoever_may_find_somebody_has_the_way_to_it():
    for role in Membership.Role.values:
        assert ("unassigned" in {entry.page for entry in entries([role])}) == (role in worklist.FINDERS)
