"""Lists without Brev-id, with columns that nobody knows, and with headers in other words."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from letters.importing import batches
from letters.importing.columns.column_proposals import propose_columns
from letters.importing.files import uploads
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Letter
from letters.recipient_keys import make_letter_id
from letters.samples import COLUMNS
from sepo_incident.core import cpr
from tests.factories import at
from tests.letters.list_files import csv, row, workbook, xlsx
from tests.letters.uploaded_lists import columns_url

pytestmark = pytest.mark.django_db
WITHOUT_ID = tuple(name for name in COLUMNS if name != "Brev-id")
BAD_DATE = {"Sendt": "31-11-2019 09:14"}


@pytest.fixture
def read_without_ids(cast):
    """`read_without_ids(content)` reads a list without Brev-ids, as somebody answers who ticks the box."""

    def read(content: bytes, name: str = "liste.xlsx") -> ImportBatch:
        batch, _ = uploads.receive_file(cast.incident, name, content, by=cast.mette)
        batches.read_batch(batch.pk)
        batch.refresh_from_db()
        if batch.status == "ASKING":
            [sheet] = batch.found
            mapping = [[column["header"], column["field"]] for column in sheet["columns"]]
            batches.answer_columns(batch, [0], mapping)
            batches.read_batch(batch.pk)
            batch.refresh_from_db()
        return batch

    return read


def commit(batch: ImportBatch) -> None:
    batches.request_commit(batch, by=None)
    batches.commit_batch(batch.pk)


def test_page_asks_and_makes_ids(cast, kit_client):
    content = xlsx(row(1), row(2), columns=WITHOUT_ID)
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", content, by=cast.mette)
    batches.read_batch(batch.pk)
    batch.refresh_from_db()
    page = columns_url(batch)
    form = kit_client.get(page).context["form"]
    assert [words for _, words in form.questions] == ["Brev-id mangler. Har listen ingen, kan vi lave dem."]
    answers = {f"kolonne_{number}": column.field for number, column in enumerate(form.columns)}
    assert kit_client.post(page, answers).status_code == 422
    chosen = {"lav_id": "on", "kolonne_1": "source_ref"}
    assert list(kit_client.post(page, answers | chosen).context["form"].errors) == ["lav_id"]
    assert kit_client.post(page, answers | {"lav_id": "on"}).status_code == 302
    batches.read_batch(batch.pk)
    ids = list(batch.rows.values_list("source_ref", flat=True))
    assert len(set(ids)) == 2
    assert not any(map(cpr.contains_cpr, ids))


def test_same_letter_on_the_next_list_is_known(read_without_ids):
    commit(read_without_ids(xlsx(row(1), row(2), columns=WITHOUT_ID)))
    later = read_without_ids(csv(row(3), row(2), row(1), columns=WITHOUT_ID), name="naeste.csv")
    counts = letter_comparison.count_rows(later)
    assert (counts.new, counts.known, counts.changed) == (1, 2, 0)


def test_page_warns_that_letters_may_come_twice_where_one_list_has_ids_and_one_has_not(read_without_ids, kit_client):
    def warns(batch: ImportBatch) -> bool:
        return "kommer det to gange" in kit_client.get(reverse("import_batch", args=[batch.pk])).text

    commit(read_without_ids(xlsx(row(1), columns=WITHOUT_ID), name="først.xlsx"))
    assert not warns(read_without_ids(xlsx(row(2), columns=WITHOUT_ID)))
    first_with_ids = read_without_ids(xlsx(row(4)), name="med.xlsx")
    assert warns(first_with_ids)
    commit(first_with_ids)
    assert warns(read_without_ids(csv(row(4), columns=WITHOUT_ID), name="uden.csv"))


def test_any_other_letter_has_another_id(read_without_ids):
    others = (
        {"Sendt": "11-12-2019 09:15"},
        {"Afsenders_e_mail": "anne@kk.example"},
        {"Modtager": "b@c.example"},
        {"Emne": "X"},
    )
    batch = read_without_ids(xlsx(row(1), *(row(1, **cells) for cells in others), columns=WITHOUT_ID))
    assert letter_comparison.count_rows(batch).new == 1 + len(others)


def test_id_is_keyed(settings):
    """A plain hash would tell the subject of a personnel case to whoever guesses the subject."""
    facts = at(2019, 12, 11, 9, 14), "karen@kk.example", "", "Sygefraværssamtale"
    before = make_letter_id(*facts)
    settings.RECIPIENT_HASH_KEY = "another key"
    assert make_letter_id(*facts) != before


@pytest.fixture
def run_import_list(cast, tmp_path, capsys):
    def run(content: bytes, **options) -> dict:
        (tmp_path / "liste.xlsx").write_bytes(content)
        call_command("import_list", str(tmp_path / "liste.xlsx"), incident="sepo-2019", json=True, **options)
        return json.loads(capsys.readouterr().out)

    return run


HARMLESS = {"Antal": ["1", "2"], "Bemærkninger": ["tjek", ""], "Farve": ["rød", "blå"]}


def test_harmless_columns_do_not_stop_the_command(run_import_list, tmp_path, capsys):
    lines = [[*row(number).values(), *(cells[number - 1] for cells in HARMLESS.values())] for number in (1, 2)]
    content = workbook([[*COLUMNS, *HARMLESS], *lines])
    result = run_import_list(content)
    assert (result["new"], result["left_out"]) == (2, list(HARMLESS))
    call_command("import_list", str(tmp_path / "liste.xlsx"), incident="sepo-2019", commit=True)
    assert "Ikke taget med: »Antal«, »Bemærkninger« og »Farve«." in capsys.readouterr().out
    assert Letter.objects.filter(source_ref__in=["B-1", "B-2"]).count() == 2


@pytest.mark.parametrize(
    ("header", "cell"),
    [("Frist", "12-01-2020"), ("Kopi", "anne@kk.example"), ("X", "0102701234"), ("Modtager 2", "x"), ("", "hej")],
)
def test_column_that_may_be_needed_stops_the_command(run_import_list, header, cell):
    content = workbook([[*COLUMNS[:-1], header, "Emne"], [*list(row(1).values())[:-1], cell, "Møde"]])
    with pytest.raises(CommandError, match="i tvivl"):
        run_import_list(content, commit=True)


@pytest.mark.parametrize(
    ("header", "cell", "field"),
    [
        ("Overskrift", "Møde", "subject"),
        ("Vedr.", "Møde", "subject"),
        ("Sagsbehandler", "Karen", "sender_name"),
        ("Mailadresse", "karen@kk.example", "sender_email"),
        ("Fra", "karen@kk.example", "sender_email"),
        ("Skole", "Svalevejens Skole", "unit_name"),
        ("Oprettet", "11-12-2019 09:14", "sent_at"),
        ("Borger", "0102701234", "recipient"),
    ],
)
def test_header_in_other_words_is_asked_about_with_a_proposal(header, cell, field):
    [proposal] = propose_columns([header], [[cell], [cell]])
    assert proposal.field == field
    assert not proposal.is_sure
