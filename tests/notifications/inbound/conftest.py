import pytest

from tests.notifications.conftest import delivery_to, dispatch  # noqa: F401
from tests.notifications.inbound.mails import send_all


@pytest.fixture
def sent(cast, dispatch):  # noqa: F811
    """Five mails, taken by the mail server."""
    send_all()


@pytest.fixture
def karens(cast, sent):
    """The mail to Karen; Jens, her leader, is in cc of the same notice."""
    return delivery_to(cast.karen)


@pytest.fixture
def jenses(cast, sent):
    return delivery_to(cast.jens)
