"""Every list as Excel and CSV: the rows of the page, typed, formula-safe, logged, and in a constant number of queries.

A row of `LISTS` is a page that answers `?hent=`: who reads the page, the arguments of its address, and the filter.
The names, units and subjects of the incident begin like formulas.
"""

import csv
import io
import re
import shutil
import subprocess
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from followups.models import Consequence
from letters.importing import staff_file
from letters.importing.commit import withdraw_letters
from letters.models import BreachReport, CategoryRule, ImportRow, Letter
from letters.models.letter import HAS_DECISION
from notifications.models import Alarm, Attempt, Delivery, Dispatch, State
from sepo_incident.accounts import list_export
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import danish
from tests.accounts import staff_files
from tests.cast import build_cast
from tests.factories import BatchFactory, FollowUpFactory, LetterFactory
from tests.notifications.inbound.mails import mail, receive_mail
from tests.random_incident import fill_incident
from tests.recorded_rows import MONDAY, RecordedRows, record

pytestmark = pytest.mark.django_db


class List(NamedTuple):
    """A list and its reader. `leaves_out`: headers whose cells stand with other words on the page.

    `columns`: headers whose cells stand on a page that has other headers; () if the page has those of the file.
    """

    person: str
    args: Any = lambda cast: []
    query: str = ""
    leaves_out: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


def buf(cast: SimpleNamespace) -> list[int]:
    return [cast.buf.pk]


def full_list(cast: SimpleNamespace) -> list[int]:
    return [cast.full_list.pk]


#: What the one list of letters and the file of letters say with the same words.
OF_LETTERS = ("Brev", "Afsender")
LISTS = {
    "batch_letters": List("mette", lambda cast: [cast.plain.batch_id, "nye"], columns=OF_LETTERS),
    "board": List("birgitte", buf, "status=ALL", columns=OF_LETTERS),
    "board_consequences": List("birgitte", buf, "party=RECIPIENT"),
    "breach_register": List("dina", columns=("Vurdering",)),
    "category_letters": List("mette", lambda cast: ["alt-andet"], "sort=sender", columns=OF_LETTERS),
    "dispatch": List("mette", lambda cast: [cast.dispatch.pk], "tilstand=alle", leaves_out=("Årsag og næste skridt",)),
    "missing": List("mette", full_list, columns=OF_LETTERS),
    "not_reached": List("mette", query="sort=name"),
    "staff_import": List("mette", lambda cast: [cast.staff.pk], "vis=nye"),
    "unassigned": List("mette", query="mangler=leder"),
}


@pytest.fixture
def cast(db, monday, recorded_lists) -> SimpleNamespace:
    return recorded_lists.insert()


@pytest.fixture(scope="session")
def recorded_lists(django_db_setup, django_db_blocker) -> RecordedRows:
    with django_db_blocker.unblock():
        return record("lists", build_lists)


def build_lists() -> SimpleNamespace:
    """Build the cast with a random incident, failed mails, alarms, a staff file, and a rule that changes categories."""
    cast = build_cast()
    fill_incident(cast, 11)
    now = timezone.now()
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.anne))  # is owed a first notice
    mails = list(Delivery.objects.order_by("pk"))
    ids = [delivery.pk for delivery in mails]
    silent = {
        "state": State.ACCEPTED,
        "accepted_at": now - timedelta(hours=3),
        "code": 250,
        "stage": "done",
        "next_attempt_at": None,
    }
    Delivery.objects.filter(pk__in=ids[:3]).update(**silent, changed_at=now)
    Delivery.objects.filter(pk__in=ids[3:7]).update(
        state=State.REFUSED, code=550, stage="rcpt", changed_at=now, next_attempt_at=None
    )
    conversation = {
        "started_at": now,
        "ended_at": now,
        "stage": "done",
        "code": 250,
        "reply": "ok",
        "outcome": "ACCEPTED",
    }
    for delivery in mails[:3]:
        Attempt.objects.create(delivery=delivery, lease=1, dsn_offered=True, **conversation)
    Alarm.objects.create(kind=Alarm.Kind.QUEUE, raised_at=now, mailed_at=now)
    Alarm.objects.create(
        kind=Alarm.Kind.INBOX, raised_at=now, mailed_at=now, ended_at=now, ended_by=cast.mette, reason="=1+1"
    )
    reported = {"incident": cast.incident, "by": cast.mette, "lost_availability": True}
    BreachReport.objects.create(aware_at=now - timedelta(days=1), text="=1+1", **reported)
    BreachReport.objects.create(aware_at=now, text="To borgere spørger.", **reported)
    cast.dispatch = Dispatch.objects.earliest("pk")
    saved = staff_file.read_staff_file(staff_files.xlsx(staff_files.person("en@kk.example")), "=a.xlsx", by=cast.mette)
    staff_file.save_staff_file(saved, cast.mette)
    new = [staff_files.person("ny@kk.example", "+Ny Person"), staff_files.person("to@kk.example", "@To")]
    cast.staff = staff_file.read_staff_file(staff_files.xlsx(*new), "personale.xlsx", by=cast.mette)
    rule = cast.incident.category_rules.filter(is_personnel=False).exclude(name="").first()
    CategoryRule.objects.filter(pk=rule.pk).update(name="=Nyt navn")
    commit_full_list(cast)
    receive_mail(mail({"From": "nyt@firma.example", "Subject": "=Tilbud"}, "Køb nu"))
    prefix_names()
    return cast


def commit_full_list(cast: SimpleNamespace) -> None:
    """Commit a full list that changes one letter and names no other. One of the missing letters is withdrawn."""
    cast.full_list = BatchFactory(
        incident=cast.incident, filename="=fuld.xlsx", sha256="f" * 64, is_full=True, committed_at=timezone.now()
    )
    changes = {"subject": [cast.plain.subject, "=Nyt emne"]}
    same = {"row": 2, "source_ref": cast.plain.source_ref, "changes": changes}
    ImportRow.objects.create(batch=cast.full_list, verdict=ImportRow.Verdict.CHANGED, **same)
    open_letters = withdraw_letters.missing_letters(cast.full_list).exclude(HAS_DECISION)
    withdrawn = withdraw_letters.withdraw_missing_letters(
        cast.full_list, "=Kom frem", cast.mette, [open_letters.earliest("pk").pk]
    )
    assert withdrawn == 1


def prefix_names() -> None:
    """Let every name, subject and text begin like a formula."""
    User.objects.update(name=Concat(Value("=1+1 "), F("name")))
    Unit.objects.update(name=Concat(Value("@SUM(A1) "), F("name")))
    Letter.objects.update(subject=Concat(Value("+"), F("subject")), sender_name=Concat(Value("-"), F("sender_name")))
    Consequence.objects.update(text=Concat(Value("\t="), F("text")))


class File(NamedTuple):
    headers: list[str]
    rows: list[list[Any]]
    kinds: set[str]


def fetch(client, url: str, query: str, file_format: str) -> bytes:
    response = client.get(f"{url}?{query}&hent={file_format}")
    assert response.status_code == 200, response.text
    assert f".{file_format}" in response["Content-Disposition"]
    return b"".join(response.streaming_content)


def read_workbook(content: bytes) -> File:
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    headers, *rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert (sheet.freeze_panes, sheet.auto_filter.ref.split(":")[0]) == ("A2", "A1")
    return File(headers, rows, {cell.data_type for row in sheet.iter_rows() for cell in row})


def read_csv(content: bytes) -> File:
    headers, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    return File(headers, rows, set())


#: A header that is seen: those for screen readers only head boxes and buttons.
HEADER = re.compile(r"<th scope=\"col\"[^>]*>(?!<span class=\"sr-only\">).*?</th>", re.DOTALL)


def table_rows(html: str) -> tuple[list[str], list[str]]:
    """Return the headers of the table above the links, and the words of its rows; of all tables with these headers."""
    above = html.partition('<main class="container"')[2].partition("Hent som Excel eller CSV")[0]
    tables = re.findall(r"<table\b.*?</table>", above, re.DOTALL)
    heads = [[words_of(one) for one in HEADER.findall(table)] for table in tables]
    rows = [
        words_of(row)
        for table, head in zip(tables, heads, strict=True)
        if head == heads[-1]
        for row in re.findall(r"<tr\b.*?</tr>", table.partition("<tbody>")[2], re.DOTALL)
    ]
    return heads[-1], rows


def words_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def as_shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float | Decimal):
        return danish.kroner(Decimal(str(value)))
    return danish.number(value) if isinstance(value, int) else " ".join(str(value).split())


def as_csv(value: Any) -> str:
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute) == (0, 0)
        return f"{value:%d-%m-%Y}" if midnight else f"{value:%d-%m-%Y %H:%M}"
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")):
        return f"'{value}"
    return "" if value is None else str(value)


@pytest.mark.parametrize("name", LISTS)
def test_file_has_the_rows_of_the_page_and_no_formula(cast, as_user, caplog, monday, name):
    """The columns of the page stand in the file in the same order, and its rows with the same words. A download is
    logged, and asks no query for each row.
    """
    wanted = LISTS[name]
    client, url = as_user(getattr(cast, wanted.person)), reverse(name, args=wanted.args(cast))
    client.get(url)
    caplog.set_level("INFO", logger="sepo.security")
    with CaptureQueriesContext(connection) as of_page:
        page = client.get(f"{url}?{wanted.query}")
    headers, rows = table_rows(page.text)
    monday.move_to(MONDAY)
    file = read_workbook(fetch(client, url, wanted.query, "xlsx"))
    if not wanted.columns:
        assert [one for one in file.headers if one in headers] == headers
    headers = wanted.columns or headers
    paginator = page.context["page_obj"].paginator if "page_obj" in page.context else None
    assert len(file.rows) == (paginator.count if paginator else len(rows)) > 0
    compared = [place for place, one in enumerate(file.headers) if one in headers and one not in wanted.leaves_out]
    for row, words in zip(file.rows, rows, strict=False):
        cells = [row[place] for place in compared if not isinstance(row[place], date)]
        assert [one for one in map(as_shown, cells) if one.lower() not in words.lower()] == []
    caplog.clear()
    monday.move_to(MONDAY)  # both files say how long it is since
    with CaptureQueriesContext(connection) as of_file:
        text = read_csv(fetch(client, url, f"{wanted.query}&page=2", "csv"))
    assert len(of_file) <= len(of_page) + 1, "a list that fits the page is not counted"
    [line] = [one for one in caplog.records if one.getMessage() == "list_exported"]
    assert (line.user_id, line.numbers["count"]) == (getattr(cast, wanted.person).pk, len(text.rows))
    assert (line.numbers["filter"], line.numbers["file_format"]) == (wanted.query, "csv")
    assert_says_the_same(file, text)


def assert_says_the_same(book: File, text: File) -> None:
    """Assert that the CSV file has the rows of the workbook, and the workbook no formula."""
    assert (text.headers, len(text.rows)) == ([as_csv(one) for one in book.headers], len(book.rows))
    assert book.kinds <= {"s", "n", "d", "inlineStr"}
    for row, other in zip(book.rows, text.rows, strict=True):
        assert [as_csv(one).rstrip("0").rstrip(",") for one in row if not isinstance(one, float)] == [
            cell.rstrip("0").rstrip(",") for cell, one in zip(other, row, strict=True) if not isinstance(one, float)
        ]


def test_words_of_a_search_are_not_logged(cast, as_user, caplog):
    caplog.set_level("INFO", logger="sepo.security")
    fetch(as_user(cast.birgitte), reverse("board", args=buf(cast)), "words=Karen", "csv")
    [line] = [one for one in caplog.records if one.getMessage() == "list_exported"]
    assert line.numbers["filter"] == "words=…"


def test_list_too_long_for_excel_is_offered_as_csv(cast, as_user, monkeypatch):
    monkeypatch.setattr(list_export, "MAX_EXCEL_ROWS", 0)
    response = as_user(cast.mette).get(reverse("not_reached"), {"hent": "xlsx"}, follow=True)
    assert [str(one) for one in response.context["messages"]] == [list_export.TOO_LONG_FOR_EXCEL]


def test_refused_form_at_the_address_of_a_file_is_shown_again(cast, as_user):
    url = reverse("missing", args=full_list(cast))
    refused = as_user(cast.mette).post(f"{url}?hent=csv", {"hvem": "alle"})
    assert (refused.status_code, "Content-Disposition" in refused) == (422, False)


def test_every_list_with_the_links_is_walked():
    """A template that shows the links is of a page in `LISTS`."""
    templates = list(Path(settings.BASE_DIR, "templates").rglob("*.html"))
    with_links = {one.name for one in templates if '"components/download_links.html"' in one.read_text()}
    assert len(with_links) == len(LISTS)


@pytest.mark.skipif(
    not shutil.which("soffice"), reason="LibreOffice is not on the machine: openpyxl alone has read the files"
)
def test_libreoffice_reads_every_file_equal(cast, as_user, tmp_path):
    for name, wanted in LISTS.items():
        client, url = as_user(getattr(cast, wanted.person)), reverse(name, args=wanted.args(cast))
        (tmp_path / f"{name}.xlsx").write_bytes(fetch(client, url, wanted.query, "xlsx"))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "ods"]
    subprocess.run([*command, "--outdir", tmp_path, *tmp_path.glob("*.xlsx")], check=True, capture_output=True)
    for name in LISTS:
        ours, theirs = (
            CalamineWorkbook.from_path(tmp_path / f"{name}.{ending}").get_sheet_by_index(0).to_python()
            for ending in ("xlsx", "ods")
        )
        without_tabs = [[str(cell).replace("\t", "") for cell in row] for row in ours]  # an ods keeps tabs as elements
        assert without_tabs == [[str(cell) for cell in row] for row in theirs], name
