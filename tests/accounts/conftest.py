"""`provider`: a certified OpenID Connect provider. `liar`: one whose tokens can be made wrong."""

import json
import signal
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest
import requests

from sepo_incident.accounts.sign_in.provider import CALLBACK_PATH
from sepo_incident.embedded import processes
from sepo_incident.embedded.paths import PROJECT
from tests.accounts.lying_provider import Answer, LyingProvider, start_server

CALLBACK = f"http://127.0.0.1:8000/{CALLBACK_PATH}"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def use_issuer(settings, issuer: str) -> None:
    """Configure the site for the provider, as OIDC_ISSUER and the other variables do."""
    settings.OIDC = {"issuer": issuer, "name": "kommunens login", "email_claim": "email", "groups_claim": "groups"}
    client = {"client_id": "opfoelgning", "secret": "hemmelighed-til-proever", "name": "kommunens login"}
    client |= {"provider_id": issuer, "settings": {"server_url": issuer, "oauth_pkce_enabled": True}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [client]}}
    settings.SITE_URL = CALLBACK.removesuffix(f"/{CALLBACK_PATH}")


@pytest.fixture(scope="session")
def _running_provider(tmp_path_factory):
    people, port = tmp_path_factory.mktemp("provider") / "people.json", free_port()
    people.write_text("{}")
    told = []

    def hear(path, posted):
        told.append(parse_qs(posted)["logout_token"][0])
        return Answer()

    command = [
        "node",
        str(Path(__file__).with_name("provider.mjs")),
        str(port),
        CALLBACK,
        str(people),
        start_server(hear),
    ]
    child = processes.spawn(command, dies_with=signal.SIGKILL, output=subprocess.DEVNULL, folder=PROJECT)
    issuer = f"http://127.0.0.1:{port}"
    assert processes.wait_until(lambda: _answers(issuer), 30), "the provider does not start"
    yield issuer, people, told
    child.kill()
    child.wait()


def _answers(issuer: str) -> bool:
    try:
        return requests.get(f"{issuer}/.well-known/openid-configuration", timeout=1).ok
    except requests.RequestException:
        return False


@pytest.fixture
def provider(_running_provider, settings):
    """`provider.sign_in("a1", email=…)` says who is signed in at the provider, and with which claims.

    `provider.told` holds the tokens that the provider sent when somebody signed out there.
    """
    issuer, people, told = _running_provider
    use_issuer(settings, issuer)

    def sign_in(subject: str, **claims) -> None:
        said = {"name": "Karen Bülow Møller", "email_verified": True} | claims
        people.write_text(json.dumps({"signed_in": subject, "people": {subject: said}}))

    return SimpleNamespace(issuer=issuer, sign_in=sign_in, told=told)


@pytest.fixture
def liar(settings):
    """`liar.claims` make the token of the next sign-in wrong."""
    provider = LyingProvider()
    use_issuer(settings, provider.issuer)
    return provider
