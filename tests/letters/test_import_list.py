"""The command `import_list`."""

import json

import pytest
from django.core.management import CommandError, call_command

from letters.models import ImportBatch, Letter
from letters.samples import COLUMNS
from sepo_incident.accounts.models import Unit
from tests.letters.list_files import csv, row, workbook, xlsx

pytestmark = pytest.mark.django_db
WITHOUT_SENDER = tuple(name for name in COLUMNS if name != "Afsenders e-mail")
KEYS = {"rows", "new", "known", "changed", "rejected", "blank", "seconds", "peak_mib", "problems"}


@pytest.fixture
def run_import_list(cast, tmp_path, capsys):
    """`run_import_list(content)` returns the JSON of a run. Nothing else may be on stdout."""

    def run(content: bytes, name: str = "liste.xlsx", **options) -> dict:
        (tmp_path / name).write_bytes(content)
        call_command("import_list", str(tmp_path / name), incident="sepo-2019", json=True, **options)
        return json.loads(capsys.readouterr().out)

    return run


def test_import_list_prints_counts_as_json(run_import_list):
    result = run_import_list(xlsx(row(1), row(2, Emne=""), row(3, Afsenders_e_mail="x")), commit=True)
    assert set(result) == KEYS
    numbers = {name: result[name] for name in ("rows", "new", "known", "changed", "rejected", "blank")}
    assert numbers == {"rows": 3, "new": 2, "known": 0, "changed": 0, "rejected": 1, "blank": 0}
    assert result["problems"] == [
        {"row": 3, "column": "Emne", "value": "", "message": "Intet emne. Brevet kommer med."},
        {"row": 4, "column": "Afsenders e-mail", "value": "x", "message": "E-mailen er ikke hel. Der mangler et @."},
    ]
    assert 0 < result["seconds"] < 5


def test_row_of_invisible_characters_is_blank(run_import_list):
    """Such a row ended the reading, and the list was refused with an error of ours."""
    lines = [list(COLUMNS), list(row(1).values()), ["\u200b"], [], ["\ufeff \xa0"], list(row(2).values())]
    result = run_import_list(workbook(lines), commit=True)
    assert (result["rows"], result["new"], result["blank"]) == (2, 2, 3)


def test_import_list_names_similar_new_units(run_import_list, capsys, tmp_path):
    assert "alike" not in run_import_list(xlsx(row(1)), commit=True)
    where = "Børne- og Ungdomsforvaltningen › Område Nørrebro"
    assert run_import_list(csv(row(2, Enhed="Svalevejens Skol")))["alike"] == [
        {"name": "Svalevejens Skol", "where": where, "like": ["Svalevejens Skole"]}
    ]
    call_command("import_list", str(tmp_path / "liste.xlsx"), incident="sepo-2019", commit=True)
    words = capsys.readouterr().out
    assert "1 ny enhed ligner andre og er oprettet:\n    »Svalevejens Skol« ligner »Svalevejens Skole«" in words


def test_unknown_administration_is_answered_on_the_page(run_import_list, capsys):
    content = xlsx(row(1, Forvaltning="Børneforvaltningen"))
    with pytest.raises(CommandError, match=r"»Børneforvaltningen«\. Nærmeste navne: »Børne- og Ungdomsforvaltningen«"):
        run_import_list(content, commit=True)
    assert not Unit.objects.filter(name="Børneforvaltningen").exists()
    capsys.readouterr()
    assert run_import_list(content)["new"] == 1


def test_import_list_without_commit_only_checks(run_import_list):
    before = Letter.objects.count()
    assert run_import_list(xlsx(row(1)))["new"] == 1
    assert Letter.objects.count() == before
    assert run_import_list(xlsx(row(1)), commit=True)["new"] == 1
    assert Letter.objects.count() == before + 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\r\n", "er et billede"),
        (workbook([]), "Arket er tomt"),
        (
            xlsx(row(1), columns=tuple(name for name in COLUMNS if name != "Afsenders e-mail")),
            "Afsenders e-mail mangler. Afsenderen skal have besked",
        ),
    ],
    ids=["picture", "empty sheet", "no sender"],
)
def test_wrong_file_gets_a_sentence_and_changes_nothing(cast, tmp_path, capsys, content, sentence):
    (tmp_path / "liste.xlsx").write_bytes(content)
    before = Letter.objects.count()
    with pytest.raises(CommandError, match=sentence) as error:
        call_command("import_list", str(tmp_path / "liste.xlsx"), incident="sepo-2019", commit=True, json=True)
    assert error.value.returncode == 1
    assert json.loads(capsys.readouterr().out) == {"error": str(error.value)}
    assert Letter.objects.count() == before


def test_unknown_incident_and_missing_file_are_reported(cast, tmp_path):
    for command in ("import_list", str(tmp_path / "liste.xlsx")), ("open_followups",), ("send_notices",):
        with pytest.raises(CommandError, match=r"kortnavnet »findes-ikke«. Disse findes: sepo-2019\."):
            call_command(*command, incident="findes-ikke")
    with pytest.raises(CommandError, match="kan ikke åbnes"):
        call_command("import_list", str(tmp_path / "liste.xlsx"), incident="sepo-2019")
    assert ImportBatch.objects.exclude(status="COMMITTED").count() == 0


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([row(1, Sendt=""), row(2, Sendt="")], "Der er ikke ændret noget. Alle rækker er afvist. Ret dem i Excel"),
        ([row(50), row(2, Sendt="")], "De andre breve er kendt i forvejen. 1 række er afvist. Ret dem"),
        ([row(50)], "Der er ikke ændret noget. Brevene er kendt i forvejen."),
    ],
)
def test_list_without_changes_says_why(run_import_list, tmp_path, capsys, rows, sentence):
    run_import_list(xlsx(row(50)), commit=True)
    (tmp_path / "igen.csv").write_bytes(csv(*rows))
    call_command("import_list", str(tmp_path / "igen.csv"), incident="sepo-2019", commit=True)
    assert sentence in capsys.readouterr().out


def test_import_list_prints_words(cast, tmp_path, capsys):
    (tmp_path / "liste.csv").write_bytes(csv(row(1), row(2, Sendt="")))
    call_command("import_list", str(tmp_path / "liste.csv"), incident="sepo-2019")
    words = capsys.readouterr().out
    assert "2 rækker med indhold" in words
    assert "1 nye, 0 ændrede, 0 kendte, 1 afviste" in words
    assert words.endswith("Der er ikke gemt noget endnu. Kør igen med --commit for at indlæse.\n")


HEADERS = ["Nr", "Afs_mail", "Org", "Emnefelt", "Afsendt kl."]
CELLS = ["1", "karen@kk.example", "Skolen", "Møde", "11-12-2019 09:14"]


def test_uncertain_list_stops_and_waits_for_the_page(run_import_list):
    with pytest.raises(CommandError, match=r"(?s)mener du Emne.*siden Indlæs liste"):
        run_import_list(workbook([HEADERS, CELLS]))
    assert ImportBatch.objects.filter(status="ASKING").count() == 1


def test_several_sheets_with_a_list_are_named(run_import_list):
    lines = [[list(COLUMNS), list(row(number).values())] for number in (1, 2)]
    with pytest.raises(CommandError, match=r"»Ark1« \(1 række\) og »Ark2« \(1 række\)"):
        run_import_list(workbook(*lines))
