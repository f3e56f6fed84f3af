"""Absence by auto-reply, which reminders ask for before reminding somebody."""

from datetime import date

from followups import services
from notifications.inbound.delivery_evidence import record_acknowledgements
from notifications.kinds.receivers import users_away_by_auto_reply
from tests.factories import at
from tests.followups.decision_answers import RESENT
from tests.notifications.inbound.mails import auto_reply, mail, receive_mail


def test_latest_named_day_ends_the_absence(monday, cast, karens, jenses):
    receive_mail(auto_reply(karens), karens.return_path)
    receive_mail(auto_reply(karens, "Jeg er væk til den 22. januar."), karens.return_path)
    receive_mail(auto_reply(jenses, "Jeg svarer, så snart jeg kan."), jenses.return_path)
    assert (
        users_away_by_auto_reply(date(2020, 1, 13))
        == users_away_by_auto_reply(date(2020, 1, 22))
        == {cast.karen.pk: date(2020, 1, 22)}
    )
    assert users_away_by_auto_reply(date(2020, 1, 23)) == {}


def test_auto_reply_without_a_date_is_no_absence(monday, karens):
    headers = {"From": karens.address, "Subject": "Automatisk svar", "Auto-Submitted": "auto-replied"}
    receive_mail(mail(headers, "Tak for din mail."), karens.return_path)
    assert users_away_by_auto_reply(date(2020, 1, 13)) == {}


def test_act_ends_the_absence(monday, cast, karens):
    receive_mail(auto_reply(karens), karens.return_path)
    assert users_away_by_auto_reply(date(2020, 1, 14)) == {cast.karen.pk: date(2020, 1, 20)}
    monday.move_to(at(2020, 1, 14, 9, 0))
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    record_acknowledgements()
    assert users_away_by_auto_reply(date(2020, 1, 14)) == {}
