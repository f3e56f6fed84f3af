"""A workbook of letters that a test fills in and uploads."""

import io

from openpyxl import Workbook, load_workbook

from followups.models import Decision
from followups.workbook import columns as questions
from followups.workbook.sheet import KEY_HEADER

#: all answers of one row, in the wording for the sender
RESENT_CELLS = {
    "remedy": "Jeg sender det samme brev igen",
    "is_resent": "Ja",
    "deadline_missed": "Nej",
    "consequence_review": "Nej",
}


def open_workbook(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def workbook_bytes(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def header_columns(book: Workbook) -> dict[str, int]:
    """Return header or field name → column number."""
    found = {cell.value: cell.column for cell in book["Breve"][1]}
    return found | {
        questions.field_of_header(header): column
        for header, column in found.items()
        if questions.field_of_header(header)
    }


def row_of(book: Workbook, letter) -> int:
    column = header_columns(book)["Brev-id"]
    return next(row for row in range(2, book["Breve"].max_row + 1) if book["Breve"].cell(row, column).value == letter)


def fill_row(book: Workbook, row: int, **answers: object) -> None:
    columns = header_columns(book)
    for name, answer in answers.items():
        book["Breve"].cell(row, columns[name]).value = answer


def row_key(book: Workbook, row: int) -> str:
    return book["Breve"].cell(row, header_columns(book)[KEY_HEADER]).value


def refusal(response) -> str:
    assert response.status_code == 422
    return " ".join(response.context["form"].errors["fil"])


def skipped_rows(page) -> dict[str, list[int]]:
    return {group.why: group.rows for group in page.context["differences"].skipped}


def decision_rows(letter) -> list[tuple]:
    decisions = Decision.objects.filter(followup__letter=letter).order_by("version")
    return [(one.kind, one.version, one.answers, one.before, one.by, one.on_behalf_of) for one in decisions]
