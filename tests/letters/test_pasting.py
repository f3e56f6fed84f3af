"""Rows pasted from Excel are a file like any other."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from letters.models import ImportBatch
from letters.samples import COLUMNS
from tests.letters.lists import row, xlsx
from tests.letters.test_pages import kit, rings  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


def as_excel_copies(*rows: list[str]) -> str:
    """Tabs between cells; a cell with a line break or a tab has quotes around it."""
    return "".join("\t".join(f'"{cell}"' if "\n" in cell else cell for cell in one) + "\r\n" for one in rows)


def paste(client, text: str, **more):
    return client.post(reverse("imports"), {"raekker": text, **more}, follow=True)


def test_pasted_rows_are_read_as_a_file(kit, rings):  # noqa: F811
    cells = list(row(1, Emne='Møde\nom to linjer; og 3,5 "timer"').values())
    page = paste(kit, as_excel_copies(list(COLUMNS), cells, list(row(2).values())))
    assert "Klar til at indlæse 2 breve" in page.content.decode()
    batch = ImportBatch.objects.get(filename="Indsatte rækker")
    assert batch.rows.get(source_ref="B-2").row == 3
    assert batch.rows.get(source_ref="B-1").subject.startswith("Møde om to linjer; og 3,5")


def test_pasted_rows_in_doubt_are_asked_about(kit, rings):  # noqa: F811
    text = as_excel_copies(["Nr", "Afs_mail", "Emnefelt", "Sendt"], ["1", "karen@kk.example", "a, b; c", "11-12-2019"])
    page = paste(kit, text)
    assert [column.header for column in page.context["form"].columns] == ["Nr", "Afs_mail", "Emnefelt", "Sendt"]


def test_what_is_no_list_is_refused(kit, rings):  # noqa: F811
    assert "Listen kunne ikke læses" in paste(kit, "Kære alle. Her er listen.").content.decode()
    page = paste(kit, "  \r\n ")
    assert page.status_code == 422
    assert "Vælg den fil, listen står i." in page.content.decode()
    assert "er ikke rækker fra et regneark" in paste(kit, "<html><p>hej</p>").content.decode()


def test_a_file_and_rows_at_once_are_refused(kit, rings):  # noqa: F811
    page = paste(kit, "a\tb", fil=SimpleUploadedFile("liste.xlsx", xlsx(row(1))))
    assert "Vi kan ikke læse begge dele på én gang." in page.content.decode()
    assert rings == []
