"""The menu against the real addresses."""

import pytest
from django.urls import get_resolver, reverse

from letters import worklist
from sepo_incident.accounts.models import Membership
from sepo_incident.context import Entry, entries, tabs


@pytest.mark.parametrize("role", [*Membership.Role.values, None])
def test_every_line_of_the_menu_leads_somewhere(role):
    lines = entries([role] if role else [])
    assert lines
    assert all(reverse(entry.page) for entry in lines)


def test_every_page_that_is_said_to_lie_under_a_line_exists():
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    lines = [entry for role in Membership.Role.values for entry in entries([role])]
    under = {name for entry in lines for one in (entry, *entry.tabs) for name in (one.page, *one.under)}
    assert under <= names


def test_a_tab_belongs_to_its_line_and_what_waits_on_it_shows_there():
    tab = Entry("To", "letters", ("letter",), waiting=lambda user: 3)
    entry = Entry("Begge", "notices", tabs=(Entry("Et", "notices"), tab))
    assert [entry.covers(page) for page in ("notices", "letter", "imports", None)] == [True, True, False, False]
    assert entry.count(user=None) == 3


def test_tabs_stand_on_their_own_pages_only():
    entry = Entry("Begge", "notices", tabs=(Entry("Et", "notices"), Entry("To", "imports")))
    assert [tab["is_current"] for tab in tabs(entry, "imports", None)] == [False, True]
    assert tabs(entry, "incident", None) == []
    assert tabs(Entry("Alene", "notices", tabs=(Entry("Et", "notices"),)), "notices", None) == []


def test_the_widest_role_decides():
    both = entries([Membership.Role.LEADER, Membership.Role.KIT_ADMIN])
    assert both == entries([Membership.Role.KIT_ADMIN])
    assert [entry.label for entry in entries([])] == ["Mine breve", "Sådan gør du", "Ordliste"]


def test_whoever_may_find_somebody_has_the_way_to_it():
    for role in Membership.Role.values:
        assert ("unassigned" in {entry.page for entry in entries([role])}) == (role in worklist.FINDERS)
