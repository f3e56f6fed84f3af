"""A browser that signs in at the provider of the tests."""

from urllib.parse import urljoin, urlsplit

import requests

BEGIN = "/log-ind/kommunen/"


def answer_of_provider(client, onward=""):
    """Begin a sign-in in a new browser at the provider, follow the redirects, and return the address back to us."""
    address = client.get(BEGIN, {"next": onward} if onward else {}).url
    client.at_provider = requests.Session()
    while not urlsplit(address).path.startswith(BEGIN):
        answer = client.at_provider.get(address, allow_redirects=False, timeout=5)
        assert answer.is_redirect, answer.text[:300]
        address = urljoin(address, answer.headers["Location"])
    return address


def sign_in(client, onward=""):
    back = urlsplit(answer_of_provider(client, onward))
    return client.get(f"{back.path}?{back.query}")


def is_signed_in(client, as_user=None):
    key = client.session.get("_auth_user_id")
    return key == str(as_user.pk) if as_user else key is not None
