"""The check of a note that a colleague has edited: in Word, and saved by LibreOffice.

`make check-notes` edits 300 notes, and lets LibreOffice save each of them.
"""

import json
import os
import random
import subprocess

import pytest
from django.core.management import CommandError, call_command
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from followups import services
from followups.models import NoteVersion
from notifications.status_note.document import render_document
from notifications.status_note.verify import Report
from notifications.status_note.word_file import open_word_file, read_lines
from tests.followups.decision_answers import RESENT
from tests.followups.note_edits import EDITS, Expected, Note, edit, name_of, named_by, text_of
from tests.followups.note_helpers import SAVED_BY_LIBREOFFICE, saved_by_libreoffice, two_versions, verify

pytestmark = pytest.mark.slow

#: Notes to edit. With more than each edit once, LibreOffice saves each of them too.
NOTES = int(os.environ.get("NOTES", len(EDITS)))
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


@pytest.fixture
def version(cast, monday):
    return two_versions(cast, monday)


@pytest.fixture
def document(version):
    return render_document(version)


def test_no_edited_note_is_judged_wrong(version, document, tmp_path):
    sources, names = (document, saved_by_libreoffice(version)), list(EDITS)
    expected, wrong = {}, []
    for number in range(NOTES):
        name = f"{number}-{names[number % len(names)]}"
        content = sources[(number + number // len(names)) % 2]
        edited, expected[name] = edit(content, names[number % len(names)], number)
        (tmp_path / f"{name}.docx").write_bytes(edited)
    folders = [tmp_path, *([save_by_libreoffice(tmp_path)] if len(EDITS) < NOTES else [])]
    for folder in folders:
        found = {name: named_by(verify((folder / f"{name}.docx").read_bytes()).as_json()) for name in expected}
        wrong += [(folder.name, name, found[name], said) for name, said in expected.items() if found[name] != said]
    assert wrong == [], f"{len(wrong)} of {len(folders) * NOTES}"


def test_stored_document_of_libreoffice_has_the_lines_of_the_note(version, document, tmp_path):
    """Else the edits above are judged in lines that no note has any longer. `UPDATE_GOLDEN=1` saves it anew."""
    if os.environ.get("UPDATE_GOLDEN"):
        (tmp_path / SAVED_BY_LIBREOFFICE.name).write_bytes(document)
        SAVED_BY_LIBREOFFICE.write_bytes((save_by_libreoffice(tmp_path) / SAVED_BY_LIBREOFFICE.name).read_bytes())
    stored, own = (read_lines(open_word_file(one)) for one in (saved_by_libreoffice(version), document))
    assert [line.prose for line in stored] == [line.prose for line in own]


def save_by_libreoffice(folder):
    """Return a folder with the documents as LibreOffice saves them. LibreOffice skips some, which then go again."""
    saved, left = folder / "saved", list(folder.glob("*.docx"))
    saving = ["soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "docx"]
    while batch := left[:100]:
        subprocess.run([*saving, "--outdir", saved, *batch], check=True, capture_output=True)
        left = [one for one in left if not (saved / one.name).exists()]
        assert set(batch) - set(left), "LibreOffice saves no document: is libreoffice-writer installed?"
    return saved


def test_untouched_note_is_ok(document):
    report = verify(document)
    assert (report.ok, report.verdict, report.stale) == (True, "Ingen tal er rettet.", [])
    assert report.figures > 20


def test_stale_figures_are_named_and_the_note_stays_ok(cast, version, document):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    report = verify(document)
    stale = {one["figure"]: (one["said"], one["now"]) for one in report.as_json()["stale"]}
    assert stale["letters.lacks_decision"] == ("6", "5")
    assert report.ok
    assert not any("@" in figure for figure in stale)


def into_body(document, xml):
    """Return the document with `xml` as its first paragraph."""
    note = Note(document, random.Random(0))
    note.body.insert(0, parse_xml(f"<w:p {nsdecls('w', 'wp')} {MC}>{xml}</w:p>"))
    return note.save()


@pytest.mark.parametrize(
    ("xml", "typed"),
    [
        ("<w:r><w:t>88</w:t></w:r><w:r><w:t>123</w:t></w:r>", ["88123"]),
        ("<w:r><w:t>2020</w:t></w:r>", ["2020"]),
        ('<w:sdt><w:sdtPr><w:tag w:val="9999:letters"/></w:sdtPr><w:sdtContent><w:r><w:t>88123</w:t></w:r>'
         "</w:sdtContent></w:sdt>", ["88123"]),
        ('<w:moveTo w:id="1" w:author="A"><w:r><w:t>88123</w:t></w:r></w:moveTo>'
         '<w:moveFrom w:id="2" w:author="A"><w:r><w:t>99</w:t></w:r></w:moveFrom>', ["88123"]),
        ("<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:txbxContent><w:p><w:r><w:t>88123</w:t></w:r></w:p>"
         "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r><w:t>88123</w:t></w:r></w:p></w:txbxContent>"
         "</mc:Fallback></mc:AlternateContent></w:r>", ["88123"]),
    ],
    ids=["split runs", "number of another line", "control of nobody", "moved text", "text box"],
)  # fmt: skip
def test_number_outside_the_controls_is_named(document, xml, typed):
    assert named_by(verify(into_body(document, xml)).as_json()) == Expected(untagged=typed)


def test_control_that_shows_a_placeholder_is_removed(document):
    note = Note(document, random.Random(0))
    control = note.control()
    control.find(qn("w:sdtPr")).append(parse_xml(f"<w:showingPlcHdr {nsdecls('w')}/>"))
    text_of(control).text = "Klik her for at skrive tekst."
    assert named_by(verify(note.save()).as_json()) == Expected(removed=[name_of(control)])


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((0, 0, 0, 0), "Ingen tal er rettet."),
        ((0, 0, 0, 2), "Ingen tal er rettet. To er forældede."),
        ((2, 0, 2, 1), "To tal er rettet, to er skrevet i hånden, ét er forældet."),
        ((0, 1, 0, 13), "Ét tal er slettet, 13 er forældede."),
    ],
)
def test_verdict_is_one_sentence(counts, said):
    changed, removed, untagged, stale = ([None] * count for count in counts)
    report = Report(NoteVersion(), changed=changed, removed=removed, untagged=untagged, stale=stale)
    assert report.verdict == said


def test_commands_make_and_verify_a_note(cast, monday, tmp_path, capsys):
    out = tmp_path / "notat.docx"
    call_command("make_note", "--incident", cast.incident.slug, "--unit", "buf", "--out", str(out))
    assert "Kladde til udgave 1" in capsys.readouterr().out
    call_command("verify_note", str(out), "--json")
    report = json.loads(capsys.readouterr().out)
    assert list(report) == ["ok", "figures", "changed", "untagged", "stale", "removed"]
    assert report["ok"]
    out.write_bytes(edit(out.read_bytes(), "digit_changed", 1)[0])
    with pytest.raises(SystemExit) as exit_status:
        call_command("verify_note", str(out))
    assert exit_status.value.code == 1
    assert "Ét tal er rettet." in capsys.readouterr().out


def test_commands_refuse_in_danish(cast, monday, tmp_path):
    slug, out = cast.incident.slug, str(tmp_path / "mangler" / "x.docx")
    for arguments, sentence in (
        (["make_note", "--incident", slug, "--unit", "XYZ", "--out", out], "har koden »XYZ«"),
        (["make_note", "--incident", slug, "--out", out, "--date", "i morgen"], "ikke en dato"),
        (["make_note", "--incident", slug, "--out", out], "kan ikke skrives"),
        (["verify_note", out], "kan ikke læses"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command(*arguments)
