"""Downloads of a board: the letter list as Excel and CSV."""

import csv
import io
import json
from datetime import date, datetime

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from followups.letter_files import COLUMNS
from letters.models import Letter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
HEADERS = [column.header for column in COLUMNS]


def download(client, unit, file_format, **choices):
    wanted = {"status": "ALL", "hent": file_format}
    response = client.get(reverse("board", args=[unit.pk]), wanted | choices)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def letters_of_workbook(content):
    book = load_workbook(io.BytesIO(content))
    rows = list(book["Breve"].iter_rows(values_only=True))
    assert list(rows[0]) == HEADERS
    return book, [dict(zip(HEADERS, row, strict=True)) for row in rows[1:]]


def letters_of_csv(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))


def test_list_in_excel_has_types_filter_and_frozen_header(cast, as_user):
    book, rows = letters_of_workbook(download(as_user(cast.birgitte), cast.buf, "xlsx"))
    sheet = book["Breve"]
    assert len(rows) == Letter.objects.filter(unit__lineage__contains=[cast.buf.pk]).count()
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:{sheet.dimensions.split(':')[1]}")
    passed = next(row for row in rows if row["Brev"] == cast.passed.subject)
    assert isinstance(passed["Sendt"], datetime)
    assert isinstance(passed["Brevets dato"], datetime | date)
    assert passed["Afsender"] == cast.karen.name
    assert passed["Forvaltning"] == cast.buf.name


def test_csv_says_the_same_as_excel(cast, as_user):
    client = as_user(cast.birgitte)
    _, rows = letters_of_workbook(download(client, cast.buf, "xlsx"))
    for in_excel, in_csv in zip(rows, letters_of_csv(download(client, cast.buf, "csv")), strict=True):
        for header in HEADERS:
            value = in_excel[header]
            if isinstance(value, datetime):
                value = (
                    f"{value:%d-%m-%Y %H:%M}" if header in ("Sendt", "Besluttet", "Bekræftet") else f"{value:%d-%m-%Y}"
                )
            assert in_csv[header] == (value or ""), header


@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_personnel_case_keeps_its_secrets(cast, as_user, file_format):
    content = download(as_user(cast.birgitte), cast.buf, file_format)
    rows = letters_of_workbook(content)[1] if file_format == "xlsx" else letters_of_csv(content)
    hidden = next(row for row in rows if row["Brev-id"] == cast.personnel.source_ref)
    assert hidden["Brev"] == "Personalesag (emne skjult)"
    assert hidden["Modtager"] == "Modtager skjult"
    assert not any(hidden[column.header] for column in COLUMNS if column.is_secret)


def test_list_follows_the_filter_and_its_order(cast, as_user):
    rows = letters_of_csv(download(as_user(cast.birgitte), cast.buf, "csv", words="Pjece", sort="-sent"))
    assert [row["Brev"] for row in rows] == [cast.plain.subject]


def test_formulas_and_control_characters_stay_text(cast, as_user):
    Letter.objects.filter(pk=cast.plain.pk).update(subject="=1+1 <æ&ø>\x0b 010190-1234", sender_name="@SUM(A1)")
    client = as_user(cast.birgitte)
    book, rows = letters_of_workbook(download(client, cast.buf, "xlsx"))
    assert any(row["Brev"] == "=1+1 <æ&ø> ●●●●●●-●●●●" for row in rows)
    assert {cell.data_type for row in book["Breve"].iter_rows(min_row=2) for cell in row} <= {
        "s",
        "d",
        "n",
        "inlineStr",
    }
    assert any(row["Brev"].startswith("'=1+1") for row in letters_of_csv(download(client, cast.buf, "csv")))


def test_other_formats_and_other_peoples_units_are_not_found(cast, as_user):
    assert as_user(cast.birgitte).get(f"/enhed/{cast.buf.pk}/?hent=pdf").status_code == 404
    assert as_user(cast.ulla).get(reverse("board", args=[cast.svalevej.pk]), {"hent": "xlsx"}).status_code == 404


def test_download_is_logged_with_count_and_filter(cast, as_user, caplog):
    caplog.set_level("INFO", logger="sepo.security")
    rows = letters_of_csv(download(as_user(cast.birgitte), cast.buf, "csv", status="OPEN", words="Karen Møller"))
    line = next(record for record in caplog.records if record.getMessage() == "list_exported")
    assert line.numbers["filter"] == "status=OPEN&words=…"
    assert line.numbers["count"] == len(rows) > 0
    assert "Karen" not in json.dumps(line.numbers)
