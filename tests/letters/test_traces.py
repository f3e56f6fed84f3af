"""A message trace of Exchange or Microsoft 365 is a list as well."""

from datetime import UTC, datetime

import pytest

from letters.importing import traces
from letters.models import Letter
from letters.recipients import recipient_key

pytestmark = pytest.mark.django_db

NEW = "Message Trace ID,Received (UTC),Sender Address,Recipient Address,Message Subject,Status,Enhed"
ENHANCED = "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,Enhed"
OLD = "PSComputerName,Organization,MessageId,Received,SenderAddress,RecipientAddress,Subject,Status,Size,Enhed"


def trace(headers: str, *lines: str) -> bytes:
    return "\r\n".join([headers, *lines, ""]).encode()


def letters(batch) -> dict[str, Letter]:
    return {letter.subject: letter for letter in Letter.objects.filter(batch=batch)}


def test_a_trace_is_read_and_its_times_are_utc(take_in):
    line = "7f,2019-12-11T13:05:09.1234567,karen@kk.example,anna@borger.example,Høring,Delivered,Skolen"
    [letter] = letters(take_in(trace(NEW, line))).values()
    assert (letter.source_ref, letter.sender.email) == ("7f", "karen@kk.example")
    assert letter.sent_at == datetime(2019, 12, 11, 13, 5, 9, tzinfo=UTC)


def test_an_enhanced_report_names_the_recipient_with_what_became_of_the_mail(take_in):
    line = "2019-12-11 13:05,karen@kk.example,Anna@borger.example##Receive,Høring,900,<1@kk.example>,Skolen"
    [letter] = letters(take_in(trace(ENHANCED, line))).values()
    assert letter.recipient_key == recipient_key("anna@borger.example")
    assert letter.sent_at == datetime(2019, 12, 11, 13, 5, tzinfo=UTC)


def test_american_times_have_the_month_first_and_no_zone_is_copenhagen(take_in):
    line = "x,kk,<1@kk.example>,12/11/2019 1:05:09 PM,karen@kk.example,anna@borger.example,Høring,Delivered,9,Skolen"
    [letter] = letters(take_in(trace(OLD, line))).values()
    assert letter.sent_at == datetime(2019, 12, 11, 12, 5, 9, tzinfo=UTC)


def test_one_mail_to_several_is_a_letter_to_each_the_same_in_every_file(take_in):
    to = "x,kk,<{}@kk.example>,11-12-2019 09:14,karen@kk.example,{}@borger.example,{},Delivered,9,Skolen"
    lines = [to.format(*one) for one in ((1, "anna", "A"), (1, "bo", "B"), (2, "anna", "C"), (1, "bo", "D"))]
    batch = take_in(trace(OLD, *lines))
    found = {subject: letter.source_ref for subject, letter in letters(batch).items()}
    assert found == {
        "A": f"<1@kk.example>/{recipient_key('anna@borger.example')[: traces.DIGITS]}",
        "B": f"<1@kk.example>/{recipient_key('bo@borger.example')[: traces.DIGITS]}",
        "C": "<2@kk.example>",
    }
    assert batch.remarks == ["1 mail er sendt til flere. Brevet til hver af dem har fået et Brev-id for sig selv."]
    again = take_in(trace(OLD, *reversed(lines[:3])), name="igen.csv")
    assert set(again.rows.values_list("verdict", flat=True)) == {"KNOWN"}
    assert Letter.objects.filter(batch=again).count() == 0


def test_an_ordinary_list_has_one_letter_per_id(take_in):
    headers = "Brev-id;Sendt;Afsenders e-mail;Modtager;Enhed;Emne"
    lines = [f"B-1;11-12-2019 09:14;karen@kk.example;{to}@borger.example;Skolen;{to}" for to in ("anna", "bo")]
    batch = take_in(trace(headers, *lines))
    assert list(batch.rows.values_list("verdict", flat=True)) == ["NEW", "REJECTED"]
    assert batch.remarks == []
