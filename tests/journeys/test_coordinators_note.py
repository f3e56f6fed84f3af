"""By keyboard, at a desk and on a phone: a coordinator writes her own note, and a colleague releases it."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from followups.models import NoteProse, NotePublication
from letters.models import Measure
from letters.story.rows import save_row
from sepo_incident.accounts.models import Membership
from tests.factories import MembershipFactory, UserFactory
from tests.fixtures_browser import assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LATE = {"title": "Slå alarm", "contact_name": "Søren Falk", "due_on": date(2020, 1, 10)}


def press(visitor, tab_to, role, name):
    tab_to(visitor.get_by_role(role, name=name, exact=True).first).press("Enter")


@pytest.mark.parametrize("width", [1280, 390])
def test_coordinator_writes_the_note_and_a_colleague_releases_it(visitor, sign_in, tab_to, cast, monday, width):
    visitor.set_viewport_size({"width": width, "height": 844})
    save_row(Measure(incident=cast.incident, **LATE), cast.mette)
    colleague = UserFactory(name="Grete Lund")
    MembershipFactory(user=colleague, unit=cast.buf, role=Membership.Role.COORDINATOR)

    sign_in(cast.birgitte, reverse("note_prose", args=[cast.buf.pk, "solution"]))
    tab_to(visitor.get_by_label("Tekst", exact=True))
    visitor.keyboard.press("Control+a")
    visitor.keyboard.type("Forvaltningen ringer til alle, der har mistet en frist.")
    press(visitor, tab_to, "button", "Gem teksten")
    expect(visitor.get_by_text("Teksten er gemt.")).to_be_visible()
    visitor.goto(visitor.url.split("/rapport/")[0] + "/rapport/")
    assert_sound(visitor, "the notes, for a coordinator")
    press(visitor, tab_to, "button", "Lav kladden")
    expect(visitor.get_by_role("heading", name="Statusnotat, kladde til udgave 1")).to_be_visible()
    expect(visitor.get_by_text("Forvaltningen ringer til alle, der har mistet en frist.")).to_be_visible()
    expect(visitor.get_by_role("button", name="Udgiv udgave 1")).to_have_count(0)
    assert_sound(visitor, "the draft, for the one who wrote it")
    draft = visitor.url.partition("/rapport/")[2]

    sign_in(colleague, f"/rapport/{draft}")
    expect(visitor.get_by_text("Tiltaget »Slå alarm« skulle være gennemført 10. januar 2020.")).to_be_visible()
    press(visitor, tab_to, "button", "Udgiv udgave 1")
    expect(visitor.get_by_text("Noget i notatet er ikke besvaret.", exact=False).first).to_be_visible()
    visitor.complaints.clear()  # the browser reports the refused form
    tab_to(visitor.locator("main form input[type=checkbox]").first).press("Space")
    press(visitor, tab_to, "button", "Udgiv udgave 1")
    expect(visitor.get_by_role("heading", name="Statusnotat, udgave 1")).to_be_visible()
    assert_sound(visitor, "the note, released")
    published = NotePublication.objects.get()
    assert (published.written_by, published.by) == (cast.birgitte, colleague)
    assert published.accepted == ["Tiltaget »Slå alarm« skulle være gennemført 10. januar 2020."]
    assert NoteProse.objects.get().by == cast.birgitte
