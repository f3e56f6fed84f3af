"""A workbook of letters as somebody fills it in and saves it."""

import io

from openpyxl import Workbook, load_workbook

from followups.models import Decision
from followups.models.answers import DecisionAnswers
from followups.workbook import columns as questions
from letters.importing.headers import OUR_KEY_HEADER

#: a whole answer, in the words that speak to the sender
RESENT = {
    "remedy": "Jeg sender det samme brev igen",
    "is_resent": "Ja",
    "deadline_missed": "Nej",
    "consequence_review": "Nej",
}
#: the same as the services take it
ANSWERS = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")


def opened(content: bytes) -> Workbook:
    return load_workbook(io.BytesIO(content))


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def headers(book: Workbook) -> dict[str, int]:
    """Header, or the name of a question → its column."""
    found = {cell.value: cell.column for cell in book["Breve"][1]}
    return found | {
        questions.field_of_header(header): column
        for header, column in found.items()
        if questions.field_of_header(header)
    }


def row_of(book: Workbook, letter) -> int:
    column = headers(book)["Brev-id"]
    return next(row for row in range(2, book["Breve"].max_row + 1) if book["Breve"].cell(row, column).value == letter)


def fill(book: Workbook, row: int, **answers: object) -> None:
    columns = headers(book)
    for name, answer in answers.items():
        book["Breve"].cell(row, columns[name]).value = answer


def key_of(book: Workbook, row: int) -> str:
    return book["Breve"].cell(row, headers(book)[OUR_KEY_HEADER]).value


def words(response) -> str:
    return " ".join(response.content.decode().split())


def refusal(response) -> str:
    assert response.status_code == 422
    return " ".join(response.context["form"].errors["fil"])


def reasons(page) -> dict[str, list[int]]:
    return {group.why: group.rows for group in page.context["found"].left}


def ledger(letter) -> list[tuple]:
    decisions = Decision.objects.filter(followup__letter=letter).order_by("version")
    return [(one.kind, one.version, one.answers, one.before, one.by, one.on_behalf_of) for one in decisions]
