"""The menu against the real URLs."""

from django.urls import get_resolver
from django.utils import timezone

from letters.assigning import unassigned_letters
from notifications.models import Alarm
from sepo_incident.accounts.models import Membership
from sepo_incident.web.menu import (
    MenuEntry,
    MenuScope,
    build_menu,
    build_menu_line,
    build_menu_tabs,
    count_rows_of_each,
    count_rows_of_frame,
    menu_entries_for,
)
from tests.factories import FollowUpFactory, LetterFactory


def ones(user):
    raise NotImplementedError


def threes(user):
    raise NotImplementedError


def test_every_page_under_a_menu_entry_exists():
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    lines = [entry for role in Membership.Role.values for entry in menu_entries_for([role])]
    under = {name for entry in lines for one in (entry, *entry.tabs) for name in (one.page, *one.under)}
    assert under <= names


def test_menu_line_covers_its_tabs_and_sums_their_counts():
    tabs = (MenuEntry("Et", "notices", waiting=ones), MenuEntry("To", "imports", ("letter",), threes))
    entry = MenuEntry("Begge", "notices", tabs=tabs)
    assert [entry.covers(page) for page in ("notices", "letter", "boards", None)] == [True, True, False, False]
    counts = {ones: 1, threes: 3}
    assert build_menu_line(entry, None, counts)["waiting"] == 4
    assert [tab["waiting"] for tab in build_menu_tabs(entry, "letter", counts)] == [1, 3]


def test_waiting_counts_take_one_query(cast, django_assert_num_queries):
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.mette))
    Alarm.objects.create(kind=Alarm.Kind.QUEUE, raised_at=timezone.now(), mailed_at=timezone.now())
    lines = menu_entries_for([Membership.Role.KIT_ADMIN])
    assert cast.mette.roles  # roles are read once per request, before the menu
    with django_assert_num_queries(1):
        [counts] = count_rows_of_each(lines, [MenuScope(cast.mette, cast.incident, None)])
    waits = {one.page: counts[one.waiting] for entry in lines for one in (entry, *entry.tabs) if one.waiting}
    numbers = dict.fromkeys(("not_reached", "incoming", "channels", "nobodys", "escalations"), 0)
    numbers |= {"alarms": 1, "my_letters": 1}
    assert waits == numbers


def test_people_of_every_role_find_their_own_letters_in_the_menu(cast, rf):
    def has_my_letters(person):
        request = rf.get("/")
        request.resolver_match = None
        return "my_letters" in [
            line["page"] for line in build_menu(request, person, count_rows_of_frame(request, person))
        ]

    elsewhere = [cast.pia, cast.hanne, cast.mette]
    assert [has_my_letters(person) for person in elsewhere] == [False] * 3
    for person in elsewhere:
        LetterFactory(incident=cast.incident, sender=person)
    assert [has_my_letters(person) for person in elsewhere] == [True] * 3


def test_menu_follows_the_widest_role():
    both = menu_entries_for([Membership.Role.LEADER, Membership.Role.KIT_ADMIN])
    assert both == menu_entries_for([Membership.Role.KIT_ADMIN])
    assert [entry.label for entry in menu_entries_for([])] == ["Mine breve", "Vejledning", "Ordliste"]


def test_unassigned_is_in_the_menu_of_roles_that_may_assign():
    for role in Membership.Role.values:
        assert ("unassigned" in {entry.page for entry in menu_entries_for([role])}) == (
            role in unassigned_letters.FINDER_ROLES
        )
