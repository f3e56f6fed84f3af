"""Who is away on a day: what the ladder asks before it reminds somebody."""

from datetime import date

from followups import services
from notifications.inbound.evidence import record_acknowledgements
from notifications.kinds.receivers import users_away_by_auto_reply
from tests.factories import at
from tests.followups.test_services import SENT_AGAIN
from tests.notifications.inbound.mails import auto_reply, comes, mail


def test_until_the_last_day_that_is_named(monday, cast, karens, jenses):
    comes(auto_reply(karens), karens.return_path)
    comes(auto_reply(karens, "Jeg er væk til den 22. januar."), karens.return_path)
    comes(auto_reply(jenses, "Jeg svarer, så snart jeg kan."), jenses.return_path)
    assert (
        users_away_by_auto_reply(date(2020, 1, 13))
        == users_away_by_auto_reply(date(2020, 1, 22))
        == {cast.karen.pk: date(2020, 1, 22)}
    )
    assert users_away_by_auto_reply(date(2020, 1, 23)) == {}


def test_an_auto_reply_without_a_date_is_away_for_no_day(monday, karens):
    headers = {"From": karens.address, "Subject": "Automatisk svar", "Auto-Submitted": "auto-replied"}
    comes(mail(headers, "Tak for din mail."), karens.return_path)
    assert users_away_by_auto_reply(date(2020, 1, 13)) == {}


def test_whoever_acts_is_back(monday, cast, karens):
    comes(auto_reply(karens), karens.return_path)
    assert users_away_by_auto_reply(date(2020, 1, 14)) == {cast.karen.pk: date(2020, 1, 20)}
    monday.move_to(at(2020, 1, 14, 9, 0))
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    record_acknowledgements()
    assert users_away_by_auto_reply(date(2020, 1, 14)) == {}
