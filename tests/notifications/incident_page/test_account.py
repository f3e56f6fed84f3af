"""The account of the incident as a Word file: every part with its source and date, also where nothing is written."""

import io

import pytest
from django.urls import reverse
from docx import Document

from letters.models import Cause, Measure, SupplierExchange, TimelineEntry
from letters.story.rows import save_row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


def read_account(client):
    answer = client.get(reverse("incident_account"))
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="redegoerelse-sepo')
    document = Document(io.BytesIO(answer.content))
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    return "\n".join(one.text for one in document.paragraphs), tables


def test_account_has_timeline_cause_dialogue_and_measures_with_sources(cast, as_user):
    of = {"incident": cast.incident}
    text = "En borger spørger\x0b efter et brev."
    save_row(TimelineEntry(**of, kind="SUSPICION", day="2020-01-03", text=text, source="Borger"), cast.mette)
    save_row(Cause(**of, known="Taget for spam.", unknown="Hvorfor."), cast.mette)
    save_row(SupplierExchange(**of, day="2020-01-07", text="Hvorfor?"), cast.mette)
    save_row(Measure(**of, title="Slå alarm", contact_name="Søren Falk", due_on="2020-01-10"), cast.mette)
    words, (events, cause, dialogue, measures) = read_account(as_user(cast.mette))
    written = "Koncern IT, skrevet 13. januar 2020"
    assert "Hentet mandag den 13. januar 2020 kl. 10.00 af Mette Dahl." in words
    assert "Det er ikke afklaret, om fejlen er rettet." in words
    assert events[1] == ["9. december 2019", "Fejlen rammer det første brev.", "Registreret i systemet"]
    suspicion = "En borger spørger efter et brev. Der er gået 25 dage siden det første brev."
    assert ["3. januar 2020", suspicion, "Borger"] in events
    assert cause[1:] == [["Taget for spam.", "Hvorfor.", "foreløbig", written]]
    assert dialogue[1:] == [["7. januar 2020", "Hvorfor?", "Ikke besvaret endnu", written]]
    late = "Forsinket (for 3 dage siden)"
    assert measures[1:] == [["Slå alarm", "Søren Falk", "10. januar 2020", late, written]]


def test_account_of_an_incident_that_nobody_has_written_about(cast, as_user):
    words, tables = read_account(as_user(cast.mette))
    assert words.count("Der er ikke skrevet noget endnu.") == 3
    assert len(tables) == 1, "what the system knows itself"


def test_account_is_for_koncern_it(cast, as_user):
    assert as_user(cast.birgitte).get(reverse("incident_account")).status_code == 403
