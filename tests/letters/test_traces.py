"""A message trace of Exchange or Microsoft 365 is a list as well."""

from datetime import UTC, datetime

import pytest

from letters.importing.checks import duplicates
from letters.importing.commit import correct_row
from letters.models import Letter
from letters.recipient_keys import hash_recipient

pytestmark = pytest.mark.django_db

NEW = "Message Trace ID,Received (UTC),Sender Address,Recipient Address,Message Subject,Status,Enhed"
ENHANCED = "origin_timestamp_utc,sender_address,recipient_status,message_subject,total_bytes,message_id,Enhed"
OLD = "PSComputerName,Organization,MessageId,Received,SenderAddress,RecipientAddress,Subject,Status,Size,Enhed"


def trace(headers: str, *lines: str) -> bytes:
    return "\r\n".join([headers, *lines, ""]).encode()


def code(name: str) -> str:
    return hash_recipient(f"{name}@borger.example")[: duplicates.KEY_DIGITS]


def letters(batch) -> dict[str, Letter]:
    return {letter.subject: letter for letter in Letter.objects.filter(batch=batch)}


def test_a_trace_is_read_and_its_times_are_utc(take_in):
    line = "7f,2019-12-11T13:05:09.1234567,karen@kk.example,anna@borger.example,Høring,Delivered,Skolen"
    [letter] = letters(take_in(trace(NEW, line))).values()
    assert (letter.source_ref, letter.sender.email) == (f"7f/{code('anna')}", "karen@kk.example")
    assert letter.sent_at == datetime(2019, 12, 11, 13, 5, 9, tzinfo=UTC)


def test_an_enhanced_report_names_the_recipient_with_what_became_of_the_mail(take_in):
    line = "2019-12-11 13:05,karen@kk.example,Anna@borger.example##Receive,Høring,900,<1@kk.example>,Skolen"
    [letter] = letters(take_in(trace(ENHANCED, line))).values()
    assert letter.recipient_key == hash_recipient("anna@borger.example")
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
        "A": f"<1@kk.example>/{code('anna')}",
        "B": f"<1@kk.example>/{code('bo')}",
        "C": f"<2@kk.example>/{code('anna')}",
    }
    assert batch.remarks == ["1 mail er sendt til flere. Brevet til hver af dem har fået et Brev-id for sig selv."]
    again = take_in(trace(OLD, *reversed(lines[:3])), name="igen.csv")
    assert set(again.rows.values_list("verdict", flat=True)) == {"KNOWN"}
    assert Letter.objects.filter(batch=again).count() == 0


def test_a_later_trace_may_name_more_or_fewer_of_those_a_mail_was_to(take_in):
    line = "x,kk,<1@kk.example>,11-12-2019 09:14,karen@kk.example,{}@borger.example,Høring,Delivered,9,Skolen"
    verdicts = [
        sorted(take_in(trace(OLD, *map(line.format, names))).rows.values_list("verdict", flat=True))
        for names in (["anna"], ["anna", "bo", "eva"], ["bo"])
    ]
    assert verdicts == [["NEW"], ["KNOWN", "NEW", "NEW"], ["KNOWN"]]
    assert Letter.objects.filter(source_ref__startswith="<1@").count() == 3


def test_a_letter_that_came_in_under_the_id_of_its_mail_is_known(take_in):
    ordinary = "Brev-id;Sendt;Afsenders e-mail;Modtager;Enhed;Emne"
    line = "<1@kk.example>;11-12-2019 09:14;karen@kk.example;anna@borger.example;Skolen;Høring"
    take_in(trace(ordinary, line))
    to = "x,kk,<1@kk.example>,11-12-2019 09:14,karen@kk.example,{}@borger.example,Høring,Delivered,9,Skolen"
    batch = take_in(trace(OLD, to.format("anna"), to.format("bo")), name="sporing.csv")
    assert list(batch.rows.values_list("verdict", "source_ref")) == [
        ("KNOWN", "<1@kk.example>"),
        ("NEW", f"<1@kk.example>/{code('bo')}"),
    ]


@pytest.mark.parametrize(
    ("column", "text", "recipient"),
    [("sent_at", "11-12-2019 09:14", "anna"), ("recipient", "bo@borger.example", "bo")],
)
def test_a_corrected_row_gets_the_id_that_every_trace_gives_it(take_in, cast, column, text, recipient):
    to = "x,kk,<1@kk.example>,{},karen@kk.example,{}@borger.example,Høring,Delivered,9,Skolen"
    bad = {"sent_at": ("i går", "anna"), "recipient": ("11-12-2019 09:14", "eva@borger.example;anna")}[column]
    batch = take_in(trace(OLD, to.format(*bad)), commit=False)
    [row] = batch.rows.all()
    assert row.verdict == "REJECTED"
    row = correct_row.correct_cells(batch.pk, row.pk, {column: text}, seen=0, by=cast.mette)
    assert (row.verdict, row.source_ref) == ("NEW", f"<1@kk.example>/{code(recipient)}")
    row = correct_row.undo_correction(batch.pk, row.pk, column, seen=1, by=cast.mette)
    assert (row.verdict, row.source_ref) == ("REJECTED", "<1@kk.example>")


@pytest.mark.parametrize("to", ["{}##Fail;{}##Deliver", "{};{}", "{}, {}", "{}|{}", "{{{}, {}}}"])
def test_a_cell_with_several_recipients_is_rejected(take_in, to):
    cell = to.format("anna@borger.example", "bo@borger.example")
    line = f'2019-12-11 13:05,karen@kk.example,"{cell}",Høring,900,<1@kk.example>,Skolen'
    [row] = take_in(trace(ENHANCED, line)).rows.all()
    assert row.verdict == "REJECTED"
    [said] = [one for one in row.problems if one["severity"] == "reject"]
    assert (said["column"], said["message"]) == ("Modtager", "Der står flere modtagere. Lav en række til hver.")
    assert "borger.example" not in str((row.problems, row.shown))


@pytest.mark.parametrize(
    "cell",
    [
        "anna@borger.example##Receive, Deliver",
        "anna@borger.example <Anna@borger.example>",
        "SMTP:Anna@borger.example",
        "{anna@borger.example}",
    ],
)
def test_one_recipient_is_one_however_it_is_written(take_in, cell):
    line = f'2019-12-11 13:05,karen@kk.example,"{cell}",Høring,900,<1@kk.example>,Skolen'
    row = take_in(trace(ENHANCED, line)).rows.get()
    assert (row.verdict, row.recipient_key) == ("NEW", hash_recipient("anna@borger.example"))


def test_a_list_that_powershell_did_not_write_out_is_no_recipient(take_in):
    line = "2019-12-11 13:05,karen@kk.example,System.String[],Høring,900,<1@kk.example>,Skolen"
    row = take_in(trace(ENHANCED, line)).rows.get()
    assert (row.verdict, row.recipient_key) == ("NEW", "")
    assert "Cellen viser System.String[]" in row.problems[1]["message"]


def test_an_ordinary_list_has_one_letter_per_id(take_in):
    headers = "Brev-id;Sendt;Afsenders e-mail;Modtager;Enhed;Emne"
    lines = [f"B-1;11-12-2019 09:14;karen@kk.example;{to}@borger.example;Skolen;{to}" for to in ("anna", "bo")]
    batch = take_in(trace(headers, *lines))
    assert list(batch.rows.values_list("verdict", flat=True)) == ["NEW", "REJECTED"]
    assert batch.remarks == []
