"""The note as a Word document: figures in controls, `verify_note`, the template, and hostile files."""

import io
import json
import random
import zipfile

import pytest
from django.core.management import CommandError, call_command

from benchmarks.note_mutations import MUTATIONS, Copy, Expected, W, found, mutate
from followups import services
from followups.models import NoteTemplate
from followups.reporting.note.document import render_document
from followups.reporting.note.numbers import parse_number
from followups.reporting.note.package import DocumentRefused, unpack_document
from followups.reporting.note.reader import read_document
from followups.reporting.note.template import build_template
from followups.reporting.note.template_fields import check_template
from followups.reporting.note.versions import replace_template, take_version
from letters.models import Letter
from tests.followups.decision_answers import RESENT
from tests.followups.note_helpers import rewrite, saved_by_libreoffice, two_versions, verify

BODY = "word/document.xml"


def into_body(xml):
    """A change of the document: `xml` as the first paragraph."""
    return {BODY: lambda text: text.replace("<w:body>", f"<w:body>{xml}", 1)}


@pytest.fixture
def version(cast, monday):
    return two_versions(cast, monday)


@pytest.fixture
def document(version):
    return render_document(version)


def test_untouched_note_is_ok_and_the_same_bytes_again(version, document):
    report = verify(document)
    assert report.as_json() == {
        "ok": True, "figures": report.figures, "changed": [], "untagged": [], "stale": [], "removed": [],
    }  # fmt: skip
    assert report.figures > 20
    assert render_document(version) == document
    texts = unpack_document(document)[BODY].decode()
    assert all(len(tag) <= 64 for tag in texts.split('w:tag w:val="')[1:] for tag in [tag.partition('"')[0]])


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_kind_of_change_is_named_and_nothing_else(version, document, name):
    for seed in range(3):
        changed, expected = mutate(document, name, random.Random(seed))
        assert found(verify(changed).as_json()) == expected, seed


@pytest.mark.parametrize("name", MUTATIONS)
def test_changes_are_named_in_a_document_saved_by_libreoffice(version, name):
    saved = saved_by_libreoffice(version)
    assert verify(saved).ok
    for seed in range(2):
        changed, expected = mutate(saved, name, random.Random(seed))
        assert found(verify(changed).as_json()) == expected, seed


class NumberedChoice(random.Random):
    """A choice that takes the item with the given number."""

    def __init__(self, number):
        super().__init__(0)
        self.number = number

    def choice(self, some):
        return some[self.number]


def without_an_empty_paragraph(content):
    """Return the document without its first empty paragraph, as LibreOffice saves some."""
    note = Copy(content, random.Random(0))
    empty = next(one for one in note.root.find(f"{W}body").findall(f"{W}p") if one.find(f".//{W}t") is None)
    empty.getparent().remove(empty)
    return note.save()


def test_unwrapped_figure_after_one_word_is_named_once_without_an_empty_paragraph(cast, monday):
    Letter.objects.active().update(category="Pjecer")
    content = without_an_empty_paragraph(render_document(two_versions(cast, monday)))
    names = [control.name for control in read_document(content).controls]
    numbers = [number for number, name in enumerate(names) if name == "letters.category.pjecer"]
    assert numbers
    for number in numbers:
        changed, expected = mutate(content, "control_unwrapped", NumberedChoice(number))
        assert found(verify(changed).as_json()) == expected, number


def test_each_control_that_is_unwrapped_is_named_once(version, document):
    for content in (document, saved_by_libreoffice(version)):
        for number in range(verify(content).figures):
            changed, expected = mutate(content, "control_unwrapped", NumberedChoice(number))
            assert found(verify(changed).as_json()) == expected, number


@pytest.mark.parametrize(
    "xml",
    [
        '<w:p><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        "<mc:Choice Requires='wps'><w:txbxContent><w:p><w:r><w:t>88123</w:t></w:r></w:p></w:txbxContent></mc:Choice>"
        "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>88123</w:t></w:r></w:p></w:txbxContent></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>",
        "<w:p><w:r><w:t>88</w:t></w:r><w:r><w:t>123</w:t></w:r></w:p>",
        '<w:p><w:fldSimple w:instr=" DATE "><w:r><w:t>88123</w:t></w:r></w:fldSimple></w:p>',
        '<w:p><w:sdt><w:sdtPr><w:tag w:val="9999:letters"/></w:sdtPr><w:sdtContent><w:r><w:t>88123</w:t></w:r>'
        "</w:sdtContent></w:sdt></w:p>",
        '<w:p><w:moveTo w:id="1" w:author="A"><w:r><w:t>88123</w:t></w:r></w:moveTo></w:p>',
    ],
    ids=["text box", "split runs", "field", "control of nobody", "moved text"],
)
def test_number_outside_the_controls_is_named_wherever_it_hides(document, xml):
    assert verify(rewrite(document, parts=into_body(xml))).untagged[0].text == "88123"


def test_footnotes_and_footers_are_text_and_page_numbers_and_deleted_text_are_not(document):
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    note = f"<w:footnotes {w}><w:footnote><w:p><w:r><w:t>se 88123</w:t></w:r></w:p></w:footnote></w:footnotes>"
    noted = rewrite(document, parts={"word/footnotes.xml": lambda _: note})
    assert [one.text for one in verify(noted).untagged] == ["88123"]
    footed = rewrite(document, parts={"word/footer1.xml": lambda xml: xml.replace("Statusnotat", "Udkast 88123")})
    assert [one.text for one in verify(footed).untagged] == ["88123"]
    footer = unpack_document(footed)["word/footer1.xml"].decode()
    repeated = rewrite(footed, parts={"word/footer7.xml": lambda _: footer})
    assert [one.text for one in verify(repeated).untagged] == ["88123"], "LibreOffice repeats footers"
    silent = [
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>88123</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>',
        '<w:p><w:del w:id="1" w:author="A"><w:r><w:delText>88123</w:delText></w:r></w:del></w:p>',
    ]
    for xml in silent:
        assert verify(rewrite(document, parts=into_body(xml))).ok
    comments = f"<w:comments {w}><w:comment><w:p><w:r><w:t>88123?</w:t></w:r></w:p></w:comment></w:comments>"
    assert verify(rewrite(document, parts={"word/comments.xml": lambda _: comments})).ok


def test_every_copy_of_a_control_is_checked(document):
    def copy_changed(xml):
        start = xml.index("<w:sdt>")
        control = xml[start : xml.index("</w:sdt>") + len("</w:sdt>")]
        return xml.replace(control, control + control.replace(">0<", ">17<", 1), 1)

    report = verify(rewrite(document, parts={BODY: copy_changed}))
    assert [(one.figure, one.was, one.now) for one in report.changed] == [("letters.has_decision", "0", "17")]


def test_stale_figures_are_named_and_the_note_stays_ok(cast, version, document):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    report = verify(document)
    stale = {one["figure"]: (one["said"], one["now"]) for one in report.as_json()["stale"]}
    assert stale["letters.has_decision"] == ("0", "1")
    assert stale["letters.open"] == ("6", "5")
    assert report.ok
    assert not any("@" in figure for figure in stale)


@pytest.mark.parametrize(
    ("text", "value"),
    [("op mod 3.400", 3400), ("3\u00a0400", 3400), ("−92", -92), ("+92", 92), ("tolv", 12), ("1.250,50 kr.", 1250.5),
     ("３４", 34), ("950 og 12", None), ("1.60", None), ("", None)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text, value):
    assert parse_number(text) == value


# --- Files that are refused ---------------------------------------------------------------------------------------


def with_relationship(kind, mode):
    target = f'<Relationship Id="rIdX" Type="http://x/{kind}" Target="http://ond.example/x"{mode}/></Relationships>'
    return {"word/_rels/document.xml.rels": lambda xml: xml.replace("</Relationships>", target)}


HOSTILE = {
    "makroer": {"word/vbaProject.bin": lambda _: "x"},
    "links": with_relationship("hyperlink", ' TargetMode="External"'),
    "links i felter": into_body('<w:p><w:fldSimple w:instr=" INCLUDETEXT c:\\\\x "/></w:p>'),
    "indlejret": with_relationship("aFChunk", ""),
    "ole": {"word/embeddings/oleObject1.bin": lambda _: "x"},
    "doctype": {BODY: lambda xml: "<!DOCTYPE x [<!ENTITY a 'b'>]>" + xml.partition("?>")[2]},
    "ikke xml": {BODY: lambda _: "<w:document"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents_and_templates_are_refused_with_a_sentence(document, name):
    for read in (verify, check_template):
        base = document if read is verify else build_template()
        with pytest.raises(DocumentRefused, match=r"Filen (har|er)"):
            read(rewrite(base, parts=HOSTILE[name]))


@pytest.mark.parametrize(
    "content",
    [b"", b"hej", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, b"PK\x03\x04" + b"0" * 50, b"%PDF-1.4"],
)
def test_other_files_are_refused_with_a_sentence(db, content):
    with pytest.raises(DocumentRefused, match=r"^Filen .*\.$"):
        verify(content)


def test_zip_bomb_and_foreign_notes_are_refused(document):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr(BODY, b"0" * (30 * 1024**2))
    with pytest.raises(DocumentRefused, match="for stor"):
        verify(bomb.getvalue())
    other = rewrite(document, parts={"docProps/custom.xml": lambda xml: xml.replace("lpwstr>", "lpwstr>0", 1)})
    with pytest.raises(DocumentRefused, match="ikke et notat herfra"):
        verify(other)
    elsewhere = "11111111-2222-4333-8444-555555555555"
    foreign = rewrite(
        document,
        parts={
            "docProps/custom.xml": lambda xml: xml[: xml.index("lpwstr>") + 7] + elsewhere + xml[xml.index("</vt:") :]
        },
    )
    with pytest.raises(DocumentRefused, match="ikke lavet her"):
        verify(foreign)


@pytest.mark.parametrize(
    ("part", "repeated"),
    [("word/footer1.xml", lambda number: f"Side om {number}"), (BODY, lambda number: f"Bilag {number} om noget andet")],
)
def test_document_with_too_much_new_text_is_refused_with_the_next_step(document, part, repeated):
    def add(number_of_paragraphs):
        texts = [f"<w:p><w:r><w:t>{repeated(88000 + one)}</w:t></w:r></w:p>" for one in range(number_of_paragraphs)]
        before = "<w:body>" if part == BODY else "</w:ftr>"
        added = [*texts, before] if part != BODY else [before, *texts]
        return rewrite(document, parts={part: lambda xml: xml.replace(before, "".join(added), 1)})

    assert len(verify(add(100)).untagged) == 100
    with pytest.raises(DocumentRefused, match="Læg bilag i en fil for sig"):
        verify(add(6000))


# --- The template -------------------------------------------------------------------------------------------------


def template_with(old, new):
    return rewrite(build_template(), parts={BODY: lambda xml: xml.replace(old, new)})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda: template_with("{{p frist }}", "Fristen"), r"mangler \{\{p frist \}\}"),
        (lambda: template_with("{{ titel }}", "{{ overskrift }}"), r"kender ikke \{\{ overskrift \}\}"),
        (lambda: template_with("{{ titel }}", "{{ titel.__class__ }}"), "kun have felter"),
        (lambda: template_with("{{ titel }}", "{{ titel }}{{ cycler('a') }}"), "kun have felter"),
        (lambda: template_with("{{ titel }}", "{{ titel }}{% if 1 %}x{% endif %}"), "kun have felter"),
        (lambda: template_with("{{ titel }}", "{{ titel"), r"mangler \{\{ titel \}\}"),
        (lambda: template_with("{{p frist }}", "{{ frist }}"), "stå alene"),
        (lambda: rewrite(build_template(), parts={"docProps/core.xml": lambda x: x.replace("Statusnotat", "{{ x }}")}),
         "noter eller egenskaber"),
        (lambda: rewrite(build_template(), parts={"word/styles.xml": lambda x: x.replace('"NotatTabel"', '"Andet"')}),
         "typografien NotatTabel"),
    ],
)  # fmt: skip
def test_wrong_template_is_refused_with_its_fault(content, sentence):
    with pytest.raises(DocumentRefused, match=sentence):
        check_template(content())


def template_plus(text, xml=""):
    added = f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>{xml}<w:sectPr'
    return rewrite(build_template(), parts={BODY: lambda body: added.join(body.rsplit("<w:sectPr", 1))})


OLD_FIGURE = '<w:p><w:sdt><w:sdtPr><w:tag w:val="4:letters"/></w:sdtPr><w:sdtContent/></w:sdt></w:p>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda: template_plus("", "<w:p><w:r><w:t>{{p bilag }}</w:t></w:r></w:p>"), r"\{\{p bilag \}\} flere gange"),
        (lambda: template_plus("{{ titel }}" * 20_000), "meget tekst"),
        (lambda: template_plus("{{ titel }}" * 300), "for mange felter"),
        (lambda: template_plus("{{" * 5_000), "for mange felter"),
        (lambda: template_plus("{{ " + "(" * 3_000 + "titel" + ")" * 3_000 + " }}"), "ikke skrevet rigtigt"),
        (lambda: template_plus("{# en bemærkning #}"), "kun have felter"),
        (lambda: template_plus("{% raw %}x{% endraw %}"), "kun have felter"),
        (lambda: template_plus("hej " * 6_000), "meget tekst"),
        (lambda: template_plus("", "<w:p/>" * 300_000), "for stor"),
        (lambda: template_plus("", OLD_FIGURE), "tal fra et notat"),
        (lambda: template_plus("", '<s:p xmlns:s="http://purl.oclc.org/ooxml/wordprocessingml/main"/>'), "Strict"),
    ],
    ids=[
        "twice",
        "very many",
        "many",
        "braces",
        "parentheses",
        "comment",
        "block",
        "text",
        "elements",
        "figure",
        "strict",
    ],
)
def test_template_that_would_break_later_notes_is_refused(content, sentence):
    with pytest.raises(DocumentRefused, match=sentence):
        check_template(content())


def test_version_whose_template_cannot_be_filled_is_answered_in_danish(cast, monday, as_user, tmp_path):
    replace_template(template_with("{{ titel }}", "{{ overskrift }}"), "gammel.docx", cast.mette)
    version = take_version(cast.incident, cast.buf, cast.mette)
    answer = as_user(cast.mette).get(f"/rapport/{version.pk}/word/", follow=True)
    assert answer.status_code == 200
    assert "Skabelonen kan ikke udfyldes." in answer.text
    with pytest.raises(CommandError, match="Skabelonen kan ikke udfyldes"):
        call_command("make_note", "--incident", cast.incident.slug, "--out", str(tmp_path / "x.docx"))


def test_replaced_template_is_used_from_the_next_version_on(cast, monday, as_user, document):
    changed = template_with("Det sker nu", "Det videre forløb")
    kit = as_user(cast.mette)
    file = io.BytesIO(changed)
    file.name = "vores.docx"
    response = kit.post("/rapport/skabelon/", {"fil": file}, follow=True)
    assert "Skabelonen er skiftet" in response.text
    version = take_version(cast.incident, cast.buf, cast.mette)
    new = render_document(version)
    assert "Det videre forløb" in unpack_document(new)[BODY].decode()
    assert verify(new).ok
    assert verify(document).ok, "the version before keeps its template"
    downloaded = kit.get("/rapport/skabelon/hent/").content
    assert "Det videre forløb" in unpack_document(downloaded)[BODY].decode()


def test_new_template_of_the_project_is_in_force_after_an_upgrade(cast, monday, as_user):
    NoteTemplate.objects.create(content=b"old", sha256="0" * 64, filename="statusnotat.docx")
    assert as_user(cast.mette).get("/rapport/skabelon/hent/").content == build_template()
    version = take_version(cast.incident, cast.buf, cast.mette)
    assert bytes(version.template.content) == build_template()
    assert take_version(cast.incident, cast.buf, cast.mette).template == version.template


# --- The commands -------------------------------------------------------------------------------------------------


def run(*arguments):
    printed = io.StringIO()
    call_command(*arguments, stdout=printed)
    return printed.getvalue()


def test_commands_make_and_verify_a_note(cast, monday, tmp_path):
    out = tmp_path / "notat.docx"
    assert "Kladde til udgave 1" in run(
        "make_note", "--incident", cast.incident.slug, "--unit", "buf", "--out", str(out)
    )
    report = json.loads(run("verify_note", str(out), "--json"))
    assert list(report) == ["ok", "figures", "changed", "untagged", "stale", "removed"]
    assert report["ok"]
    changed, expected = mutate(out.read_bytes(), "digit_in_control", random.Random(1))
    out.write_bytes(changed)
    printed = io.StringIO()
    with pytest.raises(SystemExit) as exit_status:
        call_command("verify_note", str(out), stdout=printed)
    assert exit_status.value.code == 1
    assert "Rettet:" in printed.getvalue()
    assert expected != Expected()


def test_commands_refuse_in_danish(cast, monday, tmp_path):
    slug, out = cast.incident.slug, str(tmp_path / "x.docx")
    for arguments, sentence in (
        (["--incident", "findes-ikke", "--out", out], "Ingen hændelse har kortnavnet"),
        (["--incident", slug, "--unit", "XYZ", "--out", out], "Ingen forvaltning med breve har koden »XYZ«"),
        (["--incident", slug, "--out", out, "--date", "2019-01-01"], "før hændelsens første dag"),
        (["--incident", slug, "--out", out, "--date", "i morgen"], "ikke en dato"),
        (["--incident", slug, "--out", str(tmp_path / "mangler" / "x.docx")], "kan ikke skrives"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("make_note", *arguments)
    with pytest.raises(CommandError, match="kan ikke læses"):
        call_command("verify_note", out)
