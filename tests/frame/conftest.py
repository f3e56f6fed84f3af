"""A user, the gallery's own addresses, and a browser page that complains about what the console says."""

import pytest

from sepo_incident.accounts.models import Membership, Unit, User


@pytest.fixture
def gallery_urls(settings):
    settings.ROOT_URLCONF = "tests.frame.gallery"


@pytest.fixture
def unit(db):
    return Unit.objects.create(name="Svalevejens Skole", kind=Unit.Kind.UNIT)


@pytest.fixture
def karen(unit):
    return User.objects.create_user("karen@buf.example", "Karen Bülow Møller", unit=unit)


@pytest.fixture
def with_role(unit):
    def make(role):
        user = User.objects.create_user(f"{role.lower()}@kit.example", "Mette Dahl", unit=unit)
        Membership.objects.create(user=user, unit=unit, role=role)
        return user

    return make


@pytest.fixture
def browse(gallery_urls, live_server, client, page):
    """``browse(user, path, width)``: the page in Chromium, signed in as the user; ``.complaints`` is what it said."""
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))

    def go(user, path, width=1280):
        if user:
            client.force_login(user)
            name = client.cookies["sepo_session"].key
            page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(live_server.url + path)
        return page

    return go
