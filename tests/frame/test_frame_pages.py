"""The frame: menu, help pages and error pages."""

import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from letters.models import Incident
from sepo_incident.accounts.models import Membership
from sepo_incident.accounts.sign_in.forms import CodeRequestForm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gallery_urls")]
Role = Membership.Role
HELP = ["guide", "leader_guide", "kit_guide", "dit_guide", "coordinator_guide", "secretariat_guide"]
HELP += ["drafts", "glossary", "accessibility", "privacy"]


def text(response):
    return response.content.decode()


def labels(response):
    return [entry["label"] for entry in response.context["menu"]]


@pytest.mark.parametrize("name", HELP)
def test_help_pages_are_public(client, name):
    response = client.get(reverse(name))
    assert response.status_code == 200
    assert "– Opfølgning på sikker post</title>" in text(response)
    assert "Log ud" not in text(response)


def test_help_names_the_incidents_own_deadline_and_contacts(client):
    Incident.objects.create(
        slug="sepo",
        title="Sikker post",
        first_day="2019-12-09",
        last_day="2019-12-19",
        deadline="2020-01-15",
        status="OPEN",
        support_email="hjaelp@dit.example",
        personnel_phone="1234 5678",
    )
    page = text(client.get(reverse("guide")))
    assert "9.–19. december 2019" in page
    assert "onsdag den 15. januar 2020" in page
    assert "hjaelp@dit.example" in page
    assert "1234 5678" in page


@pytest.mark.parametrize(
    ("role", "first", "length"),
    [
        (Role.KIT_ADMIN, "Hændelsen", 11),
        (Role.DIT_SUPPORT, "Henvendelser", 3),
        (Role.COORDINATOR, "Mine breve", 6),
        (Role.LEADER, "Mine breve", 4),
        (Role.HR, "Henvendelser", 3),
        (Role.READER, "Overblik", 4),
    ],
)
def test_the_menu_follows_the_role(client, with_role, role, first, length):
    client.force_login(with_role(role))
    shown = labels(client.get(reverse("guide")))
    assert (shown[0], len(shown)) == (first, length)


def test_frame_takes_at_most_four_queries(client, karen, with_role, django_assert_max_num_queries):
    for user in (karen, with_role(Role.KIT_ADMIN), with_role(Role.DIT_SUPPORT)):
        client.force_login(user)
        client.get(reverse("glossary"))
        with django_assert_max_num_queries(4):  # session, user, incidents, waiting counts
            client.get(reverse("glossary"))


def test_anonymous_page_takes_one_query(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get(reverse("glossary"))


def test_missing_page_says_what_to_do(client, karen):
    client.force_login(karen)
    response = client.get("/findes-ikke/")
    assert response.status_code == 404
    assert "Vi kan ikke finde siden" in text(response)
    assert response["X-Request-Id"] in text(response)


def test_forbidden_page_is_403_with_a_reference(client, karen):
    client.force_login(karen)
    response = client.get("/forbudt/")
    assert response.status_code == 403
    assert "Det har du ikke adgang til" in text(response)
    assert "bed Koncern IT om adgang." in text(response)
    assert "Log ind igen" in text(response)
    assert response["X-Request-Id"] in text(response)


def test_glossary_says_what_each_mark_means(client):
    """A mark of *Brevet* or of a mail has a meaning, and no meaning is about marks or the page itself."""
    page = text(client.get(reverse("glossary")))
    words = dict(re.findall(r'<dt id="[\w-]+">(.+?)</dt>\s*<dd>(.+?)</dd>', page))
    marks = {"Afventer bevis", "Mangler svar", "Sendt tilbage", "Personalesag", "Afleveret", "Kvitteret", "Ubekræftet"}
    assert marks <= words.keys()
    about_itself = re.compile(r"\b(mærke|ordet|siden her|vises som)", re.IGNORECASE)
    assert [word for word, meaning in words.items() if about_itself.search(meaning)] == []


def test_stale_form_says_that_nothing_was_saved(karen):
    client = Client(enforce_csrf_checks=True)
    client.force_login(karen)
    response = client.post(reverse("saved"))
    assert response.status_code == 403
    assert "Siden har stået åben for længe" in text(response)


def test_a_crash_shows_a_page_that_needs_no_database(client, karen, settings):
    client.force_login(karen)
    client.raise_request_exception = False
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    settings.STATIC_ROOT = "/findes/ikke"
    response = client.get("/fejl/")
    assert response.status_code == 500
    assert "Der skete en fejl hos os" in text(response)
    assert response["X-Request-Id"] in text(response)


def test_unknown_host_gets_a_danish_400(client):
    response = client.get(reverse("guide"), headers={"host": "ond.example"})
    assert response.status_code == 400
    assert "Vi forstod ikke" in text(response)


def test_no_page_carries_inline_style_or_script(client, with_role):
    client.force_login(with_role(Role.KIT_ADMIN))
    for path in ["/galleri/", *map(reverse, HELP), "/findes-ikke/"]:
        response = client.get(path)
        page = text(response)
        assert "style=" not in page, path
        assert "<style" not in page, path
        assert "<script>" not in page, path
        assert " onclick" not in page, path
        assert "nonce" not in page, path
        assert "default-src 'none'" in response["Content-Security-Policy"]


def test_messages_that_take_the_focus_have_a_name():
    """A screen reader says the name of what gets the focus, and a box has none of its own."""
    box = re.compile(r'<div [^>]*role="(?:status|alert)" tabindex="-1"[^>]*>')
    sources = [path.read_text(encoding="utf-8") for path in (settings.BASE_DIR / "templates").rglob("*.html")]
    boxes = [found for source in sources for found in box.findall(source)]
    assert len(boxes) > 5  # the macro `alert` names those with a heading's id
    assert [found for found in boxes if "aria-labelledby" not in found] == []
    code = [path.read_text(encoding="utf-8") for path in (settings.BASE_DIR / "followups").rglob("*.py")]
    made = [line for source in code for line in source.splitlines() if "Alert(" in line and "role=" in line]
    assert made
    assert [line for line in made if "label_id=" not in line] == []


def test_personas_come_last_and_post_their_key(client, rf):
    assert "Prøv det selv" not in text(client.get(reverse("sign_in")))
    request = rf.get(reverse("sign_in"))
    persona = {"key": "karen", "name": "Karen Bülow Møller", "role": "medarbejder", "does": "Har 14 breve."}
    context = {"demo_strip": {"people": [persona]}, "form": CodeRequestForm(), "has_codes": True}
    page = render_to_string("accounts/sign_in.html", context, request)
    assert page.index('name="email"') < page.index("Prøv det selv")
    assert 'type="submit" name="persona" value="karen">' in page
    assert f'action="{reverse("demo_sign_in")}"' in page
