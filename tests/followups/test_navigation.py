"""The filters of a board survive opening, saving and confirming a letter."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.urls import reverse

from followups import services
from tests.followups.decision_answers import RESENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def board(cast):
    return f"{reverse('board', args=[cast.svalevej.pk])}?status=DONE&ord=pjece+og+b%C3%B8ger"


def origin_of(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("fra", [""])[0]


def test_letter_links_back_to_the_filtered_board(cast, as_user, board, monday):
    services.decide(cast.plain, RESENT, by=cast.karen, version=0)
    client = as_user(cast.jens)
    page = client.get(reverse("board", args=[cast.svalevej.pk]) + "?sort=sent").content.decode()
    assert f'/brev/{cast.plain.pk}/?fra=%2Fenhed%2F{cast.svalevej.pk}%2F%3Fsort%3Dsent"' in page
    letter = client.get(reverse("letter", args=[cast.plain.pk]), {"fra": board}).content.decode()
    assert f'href="{board.replace("&", "&amp;")}#breve"' in letter


def test_confirming_and_deciding_keep_the_origin(cast, as_user, board, monday):
    services.decide(cast.plain, RESENT, by=cast.karen, version=0)
    client = as_user(cast.jens)
    confirmed = client.post(reverse("confirm_letter", args=[cast.plain.pk]) + f"?{_fra(board)}", {"version": 1})
    assert origin_of(confirmed.url) == board
    answers = {"remedy": "NO_DISPATCH", "no_dispatch_reason": "Ligger på Aula.", "version": 0}
    answers |= {"deadline_missed": "nej", "consequence_review": "NONE"}
    decided = client.post(reverse("letter", args=[cast.soon.pk]) + f"?{_fra(board)}", answers)
    assert decided.status_code == 302
    assert origin_of(decided.url) == board


@pytest.mark.parametrize(
    "elsewhere", ["https://ond.example/", "//ond.example/enhed/1/", '/enhed/1/?a="><b>', "/log-af/"]
)
def test_origin_must_be_a_board(cast, as_user, elsewhere):
    page = as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk]), {"fra": elsewhere}).content.decode()
    assert "Tilbage til listen" not in page


def _fra(board: str) -> str:

    return urlencode({"fra": board})
