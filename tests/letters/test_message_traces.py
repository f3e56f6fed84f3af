"""Message traces of Exchange and Microsoft 365 are imported as lists."""

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


def build_trace(headers: str, *lines: str) -> bytes:
    return "\r\n".join([headers, *lines, ""]).encode()


def recipient_digits(name: str) -> str:
    return hash_recipient(f"{name}@borger.example")[: duplicates.KEY_DIGITS]


def letters_by_subject(batch) -> dict[str, Letter]:
    return {letter.subject: letter for letter in Letter.objects.filter(batch=batch)}


def test_trace_times_are_utc(import_file):
    line = "7f,2019-12-11T13:05:09.1234567,karen@kk.example,anna@borger.example,Høring,Delivered,Skolen"
    [letter] = letters_by_subject(import_file(build_trace(NEW, line))).values()
    assert (letter.source_ref, letter.sender.email) == (f"7f/{recipient_digits('anna')}", "karen@kk.example")
    assert letter.sent_at == datetime(2019, 12, 11, 13, 5, 9, tzinfo=UTC)


def test_enhanced_report_gives_the_recipient(import_file):
    line = "2019-12-11 13:05,karen@kk.example,Anna@borger.example##Receive,Høring,900,<1@kk.example>,Skolen"
    [letter] = letters_by_subject(import_file(build_trace(ENHANCED, line))).values()
    assert letter.recipient_key == hash_recipient("anna@borger.example")
    assert letter.sent_at == datetime(2019, 12, 11, 13, 5, tzinfo=UTC)


def test_american_times_are_copenhagen_time(import_file):
    line = "x,kk,<1@kk.example>,12/11/2019 1:05:09 PM,karen@kk.example,anna@borger.example,Høring,Delivered,9,Skolen"
    [letter] = letters_by_subject(import_file(build_trace(OLD, line))).values()
    assert letter.sent_at == datetime(2019, 12, 11, 12, 5, 9, tzinfo=UTC)


def test_mail_to_several_recipients_is_a_letter_to_each(import_file):
    to = "x,kk,<{}@kk.example>,11-12-2019 09:14,karen@kk.example,{}@borger.example,{},Delivered,9,Skolen"
    lines = [to.format(*one) for one in ((1, "anna", "A"), (1, "bo", "B"), (2, "anna", "C"), (1, "bo", "D"))]
    batch = import_file(build_trace(OLD, *lines))
    found = {subject: letter.source_ref for subject, letter in letters_by_subject(batch).items()}
    assert found == {
        "A": f"<1@kk.example>/{recipient_digits('anna')}",
        "B": f"<1@kk.example>/{recipient_digits('bo')}",
        "C": f"<2@kk.example>/{recipient_digits('anna')}",
    }
    assert batch.remarks == ["1 mail er sendt til flere. Hver modtagers brev har fået sit eget Brev-id."]
    again = import_file(build_trace(OLD, *reversed(lines[:3])), name="igen.csv")
    assert set(again.rows.values_list("verdict", flat=True)) == {"KNOWN"}
    assert Letter.objects.filter(batch=again).count() == 0


def test_later_trace_may_name_other_recipients(import_file):
    line = "x,kk,<1@kk.example>,11-12-2019 09:14,karen@kk.example,{}@borger.example,Høring,Delivered,9,Skolen"
    verdicts = [
        sorted(import_file(build_trace(OLD, *map(line.format, names))).rows.values_list("verdict", flat=True))
        for names in (["anna"], ["anna", "bo", "eva"], ["bo"])
    ]
    assert verdicts == [["NEW"], ["KNOWN", "NEW", "NEW"], ["KNOWN"]]
    assert Letter.objects.filter(source_ref__startswith="<1@").count() == 3


def test_letter_with_the_id_of_its_mail_is_known(import_file):
    ordinary = "Brev-id;Sendt;Afsenders e-mail;Modtager;Enhed;Emne"
    line = "<1@kk.example>;11-12-2019 09:14;karen@kk.example;anna@borger.example;Skolen;Høring"
    import_file(build_trace(ordinary, line))
    to = "x,kk,<1@kk.example>,11-12-2019 09:14,karen@kk.example,{}@borger.example,Høring,Delivered,9,Skolen"
    batch = import_file(build_trace(OLD, to.format("anna"), to.format("bo")), name="sporing.csv")
    assert list(batch.rows.values_list("verdict", "source_ref")) == [
        ("KNOWN", "<1@kk.example>"),
        ("NEW", f"<1@kk.example>/{recipient_digits('bo')}"),
    ]


@pytest.mark.parametrize(
    ("column", "text", "recipient"), [("sent_at", "11-12-2019 09:14", "anna"), ("recipient", "bo@borger.example", "bo")]
)
def test_corrected_row_gets_the_id_of_its_recipient(import_file, cast, column, text, recipient):
    to = "x,kk,<1@kk.example>,{},karen@kk.example,{}@borger.example,Høring,Delivered,9,Skolen"
    bad = {"sent_at": ("i går", "anna"), "recipient": ("11-12-2019 09:14", "eva@borger.example;anna")}[column]
    batch = import_file(build_trace(OLD, to.format(*bad)), commit=False)
    [row] = batch.rows.all()
    assert row.verdict == "REJECTED"
    row = correct_row.correct_cells(batch.pk, row.pk, {column: text}, corrections_shown=0, by=cast.mette)
    assert (row.verdict, row.source_ref) == ("NEW", f"<1@kk.example>/{recipient_digits(recipient)}")


@pytest.mark.parametrize("to", ["{}##Fail;{}##Deliver", "{{{}, {}}}"])
def test_cell_with_several_recipients_is_rejected(import_file, to):
    cell = to.format("anna@borger.example", "bo@borger.example")
    line = f'2019-12-11 13:05,karen@kk.example,"{cell}",Høring,900,<1@kk.example>,Skolen'
    [row] = import_file(build_trace(ENHANCED, line)).rows.all()
    assert row.verdict == "REJECTED"
    [problem] = [one for one in row.problems if one["severity"] == "reject"]
    assert (problem["column"], problem["message"]) == ("Modtager", "Feltet har flere modtagere. Lav en række til hver.")
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
def test_recipient_is_read_in_every_format(import_file, cell):
    line = f'2019-12-11 13:05,karen@kk.example,"{cell}",Høring,900,<1@kk.example>,Skolen'
    row = import_file(build_trace(ENHANCED, line)).rows.get()
    assert (row.verdict, row.recipient_key) == ("NEW", hash_recipient("anna@borger.example"))


def test_powershell_type_name_is_no_recipient(import_file):
    line = "2019-12-11 13:05,karen@kk.example,System.String[],Høring,900,<1@kk.example>,Skolen"
    row = import_file(build_trace(ENHANCED, line)).rows.get()
    assert (row.verdict, row.recipient_key) == ("NEW", "")
    assert "Cellen viser System.String[]" in row.problems[1]["message"]


def test_ordinary_list_has_one_letter_per_id(import_file):
    headers = "Brev-id;Sendt;Afsenders e-mail;Modtager;Enhed;Emne"
    lines = [f"B-1;11-12-2019 09:14;karen@kk.example;{to}@borger.example;Skolen;{to}" for to in ("anna", "bo")]
    batch = import_file(build_trace(headers, *lines))
    assert list(batch.rows.values_list("verdict", flat=True)) == ["NEW", "REJECTED"]
    assert batch.remarks == []
