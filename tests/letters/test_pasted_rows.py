"""Rows pasted from Excel are imported as a file."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from letters.models import ImportBatch
from letters.samples import COLUMNS
from tests.letters.list_files import row, xlsx

pytestmark = pytest.mark.django_db


def as_excel_copies(*rows: list[str]) -> str:
    """Join cells by tabs as Excel does. A cell with a line break is quoted."""
    return "".join("\t".join(f'"{cell}"' if "\n" in cell else cell for cell in one) + "\r\n" for one in rows)


def paste(client, text: str, **more):
    return client.post(reverse("imports"), {"raekker": text, **more}, follow=True)


def test_pasted_rows_are_read_as_a_file(kit_client, enqueued_tasks):
    cells = list(row(1, Emne='Møde\nom to linjer; og 3,5 "timer"').values())
    page = paste(kit_client, as_excel_copies(list(COLUMNS), cells, list(row(2).values())))
    assert "Klar til at indlæse 2 breve" in page.text
    batch = ImportBatch.objects.get(filename="Indsatte rækker")
    assert batch.rows.get(source_ref="B-2").row == 3
    assert batch.rows.get(source_ref="B-1").subject.startswith("Møde om to linjer; og 3,5")


def test_uncertain_pasted_rows_are_asked_about(kit_client, enqueued_tasks):
    text = as_excel_copies(["Nr", "Afs_mail", "Emnefelt", "Sendt"], ["1", "karen@kk.example", "a, b; c", "11-12-2019"])
    page = paste(kit_client, text)
    assert [column.header for column in page.context["form"].columns] == ["Nr", "Afs_mail", "Emnefelt", "Sendt"]


def test_pasted_prose_is_refused(kit_client, enqueued_tasks):
    assert "Listen kunne ikke læses" in paste(kit_client, "Kære alle. Her er listen.").text
    page = paste(kit_client, "  \r\n ")
    assert page.status_code == 422
    assert "Vælg filen med listen." in page.text
    assert "er ikke rækker fra et regneark" in paste(kit_client, "<html><p>hej</p>").text


def test_file_and_pasted_rows_together_are_refused(kit_client, enqueued_tasks):
    page = paste(kit_client, "a\tb", fil=SimpleUploadedFile("liste.xlsx", xlsx(row(1))))
    assert "Vælg enten en fil, eller indsæt rækker." in page.text
    assert enqueued_tasks == []
