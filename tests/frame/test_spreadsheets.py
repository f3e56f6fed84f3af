"""Cells of the workbooks that the system writes."""

import io

import pytest
from openpyxl import load_workbook

from sepo_incident.core.sheet import EditableCell, Sheet
from sepo_incident.core.spreadsheets import build_workbook


@pytest.mark.parametrize("kind", [str, EditableCell])
@pytest.mark.parametrize(
    ("given", "stored"), [("=1+1", "=1+1"), ("\x0b=1+1", "=1+1"), ("a\x00b", "ab"), ("#N/A", "#N/A"), ("@A1", "@A1")]
)
def test_text_stays_text_without_control_characters(kind, given, stored):
    sheet = Sheet("Breve", [given], [[kind(given)]], is_locked=True)
    cells = [row[0] for row in load_workbook(io.BytesIO(build_workbook([sheet])))["Breve"].iter_rows()]
    assert [(cell.value, cell.data_type) for cell in cells] == [(stored, "s")] * 2
