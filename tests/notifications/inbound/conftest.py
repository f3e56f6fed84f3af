import pytest

from tests.notices import delivery_to
from tests.notifications.inbound.mails import settle_all_claims


@pytest.fixture
def sent(cast, dispatch):
    """Five mails accepted by the mail server."""
    settle_all_claims()


@pytest.fixture
def karens(cast, sent):
    """The delivery to Karen; her leader Jens is in cc of the same notice."""
    return delivery_to(cast.karen)


@pytest.fixture
def jenses(cast, sent):
    return delivery_to(cast.jens)
