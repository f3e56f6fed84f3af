"""The command `import_people`, for staff files."""

import json

import pytest
from django.core.management import CommandError, call_command

from letters.importing import staff_file
from sepo_incident.accounts.models import StaffImport, StaffRow, User
from tests.accounts.staff_files import csv, person, xlsx
from tests.letters.awkward import parts

pytestmark = pytest.mark.django_db


@pytest.fixture
def run_import_people(cast, tmp_path, capsys):
    """`run_import_people(content)` returns the JSON of a run. Nothing else may be on stdout."""

    def run(content: bytes, **options) -> dict:
        (tmp_path / "personale.xlsx").write_bytes(content)
        call_command("import_people", str(tmp_path / "personale.xlsx"), json=True, **options)
        return json.loads(capsys.readouterr().out)

    return run


def test_import_people_prints_counts_as_json(run_import_people):
    content = xlsx(person("nora@kk.example"), person("karen@kk.example", Aktiv="nej"), person("x@y", unit="Ukendt"))
    result = run_import_people(content, commit=True)
    assert result.pop("seconds") < 5
    problems = [{"row": 4, "column": "E-mail", "value": "x@y", "message": "E-mailen er ikke hel. Slutningen mangler."}]
    assert [one for one in result.pop("problems") if one["column"] == "E-mail"] == problems
    assert result == {
        "rows": 3, "new": 1, "known": 0, "changed": 0, "left": 1, "rejected": 1, "blank": 0, "missing": 0,
    }  # fmt: skip
    assert User.objects.get(email="karen@kk.example").is_active is False


def test_import_people_without_commit_leaves_nothing(run_import_people):
    before = list(User.objects.order_by("pk").values_list())
    assert run_import_people(csv(person("nora@kk.example")))["new"] == 1
    assert list(User.objects.order_by("pk").values_list()) == before
    assert not StaffRow.objects.exists()
    assert not StaffImport.objects.exists()


def test_dry_run_keeps_the_waiting_file(cast, run_import_people):
    waiting = staff_file.read_staff_file(xlsx(person("olav@kk.example")), "venter.xlsx", by=cast.mette)
    run_import_people(xlsx(person("nora@kk.example")))
    waiting.refresh_from_db()
    assert waiting.status == "CHECKED"
    assert waiting.rows.get().email == "olav@kk.example"


def test_sheet_with_people_is_read_and_two_are_refused(run_import_people):
    people = [["Navn", "E-mail", "Enhed"], ["Nora", "nora@kk.example", ""]]
    note = [["Udtræk fra OPUS"], ["E-mail", "support@kk.example"]]
    assert run_import_people(parts.saved(parts.book(Forside=note, Ansatte=people)))["new"] == 1
    with pytest.raises(CommandError, match="arkene »BUF« og »SOF«"):
        run_import_people(parts.saved(parts.book(BUF=people, SOF=people)), left_if_missing=True)


@pytest.mark.parametrize(("command", "options"), [("import_people", {}), ("import_list", {"incident": "sepo-2019"})])
def test_cpr_number_in_the_file_name_is_masked(cast, tmp_path, command, options):
    with pytest.raises(CommandError, match="kan ikke åbnes") as error:
        call_command(command, str(tmp_path / "010190-1234.xlsx"), **options)
    assert "010190-1234" not in str(error.value)


def test_left_if_missing_marks_missing_people_as_left(run_import_people):
    result = run_import_people(csv(person("karen@kk.example", "Karen Bülow Møller")), commit=True, left_if_missing=True)
    assert (result["rows"], result["known"], result["missing"]) == (1, 1, 9)
    assert set(User.objects.filter(left_on=None).values_list("email", flat=True)) == {
        "karen@kk.example",
        "mette@kk.example",  # the last KIT administrator
    }


@pytest.mark.parametrize(("content", "sentence"), [(b"%PDF-1.7", "er en PDF"), (xlsx(), "ingen personer")])
def test_wrong_file_gets_a_sentence(cast, tmp_path, capsys, content, sentence):
    (tmp_path / "fil.xlsx").write_bytes(content)
    with pytest.raises(CommandError, match=sentence) as error:
        call_command("import_people", str(tmp_path / "fil.xlsx"), json=True, commit=True)
    assert json.loads(capsys.readouterr().out) == {"error": str(error.value)}
    with pytest.raises(CommandError, match="kan ikke åbnes"):
        call_command("import_people", str(tmp_path / "findes-ikke.xlsx"))


def test_import_people_prints_words(cast, tmp_path, capsys):
    (tmp_path / "fil.csv").write_bytes(csv(person("nora@kk.example", unit="Ukendt")))
    call_command("import_people", str(tmp_path / "fil.csv"), left_if_missing=True)
    words = capsys.readouterr().out
    assert "1 række med indhold" in words
    assert "1 nye, 0 ændrede, 0 fratrådte, 0 kendte, 0 afviste" in words
    assert "10 personer mangler i filen" in words
    assert "--commit" in words
