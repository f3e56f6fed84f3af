"""A dispatch as a workbook: a row per recipient, no letters, and no formulas."""

import io
import logging

import openpyxl
from django.urls import reverse


def rows(client, dispatch):
    answer = client.get(reverse("dispatch", args=[dispatch.pk]), {"tilstand": "alle", "hent": "xlsx"})
    assert answer.status_code == 200
    assert f'filename="udsendelse-{dispatch.pk}.xlsx"' in answer["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))["Mails"]
    header, *lines = sheet.iter_rows()
    names = [cell.value for cell in header]
    return [dict(zip(names, line, strict=True)) for line in lines]


def test_workbook_has_a_row_per_recipient_with_the_reason(as_user, cast, dispatch, drain, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown 120589-1234", address=cast.jens.email)
    drain()
    lines = {line["Modtager"].value: line for line in rows(as_user(cast.mette), dispatch)}
    assert set(lines) == {person.name for person in (cast.karen, cast.jens, cast.anne, cast.torben, cast.ulla)}
    refused = {name: cell.value for name, cell in lines[cast.jens.name].items()}
    assert refused["Tilstand"] == "Afvist"
    assert refused["Årsag og næste skridt"] == "Adressen findes ikke. Personen kan være fratrådt."
    assert refused["Hvem"] == "Koncern IT"
    assert (refused["Rolle"], refused["Enhed"], refused["Forsøg"]) == ("Kopi", "Svalevejens Skole", 1)
    assert refused["Svarkode"] == 550
    assert refused["Mailserverens svar"].startswith("5.1.1 User unknown")
    assert "1234" not in refused["Mailserverens svar"]
    assert lines[cast.karen.name]["Tilstand"].value == "Sendt"


def test_workbook_names_no_letter_and_is_for_kit_only(as_user, cast, dispatch, caplog):
    caplog.set_level(logging.INFO, logger="sepo.security")
    assert as_user(cast.jens).get(reverse("dispatch", args=[dispatch.pk]), {"hent": "xlsx"}).status_code == 403
    words = " ".join(str(cell.value) for line in rows(as_user(cast.mette), dispatch) for cell in line.values())
    for letter in (cast.personnel, cast.passed, cast.annes):
        assert letter.subject not in words
    [line] = [record for record in caplog.records if getattr(record, "event", "") == "list_exported"]
    assert (line.user_id, line.numbers["pk"], line.numbers["count"]) == (cast.mette.pk, dispatch.pk, 5)
