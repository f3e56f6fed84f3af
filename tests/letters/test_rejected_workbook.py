"""The rejected rows as a workbook: where each row is, what to correct, and nothing that is hidden."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from letters.recipient_keys import hash_recipient, short_recipient_code
from tests.letters.list_files import row, xlsx

pytestmark = pytest.mark.django_db
BAD_DATE = {"Sendt": "31-11-2019 10:22"}


@pytest.fixture
def rejected_rows(kit_client):
    """`rejected_rows(batch)` are the rows of the workbook as {header: text}."""

    def read(batch) -> list[dict[str, str]]:
        content = kit_client.get(reverse("rejected_rows", args=[batch.pk])).getvalue()
        headers, *rows = load_workbook(io.BytesIO(content)).active.values
        return [dict(zip(headers, one, strict=True)) for one in rows]

    return read


def test_rejected_workbook_has_reasons_and_row_numbers(rejected_rows, import_file):
    [one] = rejected_rows(import_file(xlsx(row(1), row(2, **BAD_DATE, Afsenders_e_mail="karen@kk"))))
    assert (one["Række på listen"], one["Brev-id"], one["Sendt"]) == ("række 3", "B-2", "31-11-2019 10:22")
    assert one["Modtager"] == f"kode {short_recipient_code(hash_recipient('0102701235@eboks.example'))}"
    assert one["Hvad skal rettes"] == (
        "Sendt: Datoen findes ikke. November har 30 dage. Afsenders e-mail: E-mailen er ikke hel. Slutningen mangler."
    )


def test_rejected_workbook_hides_recipients_and_subjects(rejected_rows, import_file):
    secret = {"Modtagertype": "Medarbejder", "Emne": "Tjenstlig samtale"}
    batch = import_file(xlsx(row(1, **BAD_DATE, **secret), row(2, **BAD_DATE, Afsender="Ida 010270-1234")))
    cells = str(rejected_rows(batch))
    assert "Personalesag (emne skjult)" in cells
    for never in ("Tjenstlig", "0102701234", "010270", hash_recipient("0102701234@eboks.example")):
        assert never not in cells


def test_hidden_recipient_and_subject_are_refused_in_a_list(import_file):
    hidden = {"Modtager": "kode K7F", "Emne": "Personalesag (emne skjult)"}
    [one] = import_file(xlsx(row(1, **hidden)), commit=False).rows.all()
    assert (one.verdict, [problem["kind"] for problem in one.problems]) == ("REJECTED", ["skjult", "skjult"])


def test_check_page_names_the_earlier_rejection(kit_client, import_file):
    import_file(xlsx(row(1), row(2, **BAD_DATE)))
    again = import_file(xlsx(row(2), row(3, **BAD_DATE)), name="rettet.xlsx", commit=False)
    shown = kit_client.get(reverse("import_batch", args=[again.pk]), {"vis": "alle"}).context["lines"]
    assert [line.origin for line in shown] == ["Afvist på »liste.xlsx«, række 3", ""]


def test_list_without_rejected_rows_has_no_workbook(kit_client, import_file):
    batch = import_file(xlsx(row(1)))
    page = kit_client.get(reverse("rejected_rows", args=[batch.pk]), follow=True)
    assert "Listen har ingen afviste rækker." in page.text
    assert reverse("rejected_rows", args=[batch.pk]) not in page.text
