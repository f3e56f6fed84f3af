"""Notes whose reader would see a false number: each is refused with a sentence, or `verify_note` names the number."""

import random
from typing import NamedTuple

import pytest
from lxml import etree

from benchmarks.note_mutations import Copy, W, name_of
from followups.reporting.note.document import render_document
from followups.reporting.note.numbers import tokens
from followups.reporting.note.package import DocumentRefused
from tests.followups.note_helpers import saved_by_libreoffice, two_versions, verify

NAMESPACES = " ".join(
    f'xmlns:{prefix}="{name}"'
    for prefix, name in {
        "w": W[1:-1],
        "s": "http://purl.oclc.org/ooxml/wordprocessingml/main",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "v": "urn:schemas-microsoft-com:vml",
    }.items()
)
FALSE = "88.123"


class Refused(NamedTuple):
    """The sentence that refuses the document."""

    sentence: str


class Named(NamedTuple):
    """Findings: texts typed by hand, and whether the first control is named as changed or removed."""

    untagged: tuple[str, ...] = ()
    changed: bool = False
    removed: bool = False


def elements(xml):
    return list(etree.fromstring(f"<x {NAMESPACES}>{xml}</x>"))


def first(note):
    """Return the first control of the document, which stands in a sentence."""
    return note.controls()[0]


def add_paragraph(note, *added):
    paragraph = elements("<w:p/>")[0]
    paragraph.extend(added)
    note.root.find(f"{W}body").insert(0, paragraph)


def typed(text):
    return elements(f"<w:r><w:t xml:space='preserve'>{text}</w:t></w:r>")[0]


def paragraph_with(*xml):
    """Return a forgery that adds a paragraph."""
    return lambda note: add_paragraph(note, *elements("".join(xml)))


def beside(before="", after=""):
    """Return a forgery that types text beside the first control."""

    def forge(note):
        first(note).addprevious(typed(before))
        first(note).addnext(typed(after))

    return forge


def properties(xml):
    """Return a forgery that gives the runs of the first control properties."""

    def forge(note):
        for run in first(note).iter(f"{W}r"):
            for old in run.findall(f"{W}rPr"):
                run.remove(old)
            run.insert(0, elements(f"<w:rPr>{xml}</w:rPr>")[0])

    return forge


def add_to_part(note, part, xml):
    root = etree.fromstring(note.parts[part])
    root[:0] = elements(xml)
    note.parts[part] = etree.tostring(root)


def run_forgeries(forgeries):
    return pytest.mark.parametrize(
        ("forge", "expected"), [pytest.param(*one, id=name) for name, one in forgeries.items()]
    )


@pytest.fixture
def version(cast, monday):
    return two_versions(cast, monday)


def check(version, forge, expected):
    note = Copy(render_document(version), random.Random(0))
    name = name_of(first(note))
    forge(note)
    if isinstance(expected, Refused):
        with pytest.raises(DocumentRefused, match=expected.sentence):
            verify(note.save())
        return
    report = verify(note.save()).as_json()
    found = (
        tuple(one["text"] for one in report["untagged"]),
        [one["figure"] for one in report["changed"]],
        report["removed"],
    )
    assert found == (expected.untagged, [name] * expected.changed, [name] * expected.removed)


# --- Documents that cost ----------------------------------------------------------------------------------------------


def empty_paragraphs(note):
    note.root.find(f"{W}body").extend(elements("<w:p/>" * 500_000))


@run_forgeries(
    {
        "letters that unfold": (paragraph_with(f"<w:r><w:t>{'\ufdfa' * 20_000}</w:t></w:r>"), Refused("meget tekst")),
        "words": (paragraph_with(f"<w:r><w:t>{'1 ' * 110_000}</w:t></w:r>"), Refused("meget tekst")),
        "elements": (empty_paragraphs, Refused("for stor")),
    }
)
def test_document_with_too_much_to_read_is_refused(version, forge, expected):
    check(version, forge, expected)


# --- Parts ------------------------------------------------------------------------------------------------------------


def main_part_elsewhere(note):
    note.parts["word/document2.xml"] = note.parts["word/document.xml"]
    note.parts["_rels/.rels"] = note.parts["_rels/.rels"].replace(b"word/document.xml", b"word/document2.xml")


def part_elsewhere(kind, target):
    def forge(note):
        note.parts[f"word/{target}"] = f"<w:x {NAMESPACES}><w:p><w:r><w:t>{FALSE}</w:t></w:r></w:p></w:x>".encode()
        note.relate(kind, target, "application/xml")

    return forge


@run_forgeries(
    {
        "main part": (main_part_elsewhere, Refused("Åbn den i Word")),
        "header": (part_elsewhere("header", "hd/top.xml"), Refused("Åbn den i Word")),
        "footer": (part_elsewhere("footer", "bund.xml"), Refused("Åbn den i Word")),
        "footnotes": (part_elsewhere("footnotes", "fodnoter.xml"), Refused("Åbn den i Word")),
        "endnotes": (part_elsewhere("endnotes", "footnotes9.xml"), Refused("Åbn den i Word")),
        "styles": (part_elsewhere("styles", "styles2.xml"), Refused("Åbn den i Word")),
        "chart": (part_elsewhere("chart", "tegning.xml"), Refused("Åbn den i Word")),
        "diagram": (part_elsewhere("diagramDrawing", "diagrams/x.xml"), Refused("Åbn den i Word")),
        "another document": (part_elsewhere("aFChunk", "hej.html"), Refused("andre filer i sig")),
    }
)
def test_text_in_a_part_that_is_not_read_is_refused(version, forge, expected):
    check(version, forge, expected)


# --- Branches of alternate content ------------------------------------------------------------------------------------


def alternate(*branches):
    """Return alternate content: the first is for a program that nobody has."""
    xml = f"<mc:Choice xmlns:foo='urn:foo' Requires='foo'>{branches[0]}</mc:Choice>"
    xml += "".join(f"<mc:Choice Requires='w'>{one}</mc:Choice>" for one in branches[1:-1])
    return f"<w:r><mc:AlternateContent>{xml}<mc:Fallback>{branches[-1]}</mc:Fallback></mc:AlternateContent></w:r>"


BOX = f"<w:txbxContent><w:p><w:r><w:t>{FALSE}</w:t></w:r></w:p></w:txbxContent>"


@run_forgeries(
    {
        "fallback": (paragraph_with(alternate("", f"<w:t>{FALSE}</w:t>")), Named((FALSE,))),
        "second choice": (paragraph_with(alternate("", f"<w:t>{FALSE}</w:t>", "")), Named((FALSE,))),
        "the same in both": (
            paragraph_with(alternate(f"<w:drawing>{BOX}</w:drawing>", f"<w:pict>{BOX}</w:pict>")),
            Named((FALSE,)),
        ),
        "same words, other signs": (
            paragraph_with(alternate("<w:t>Alle</w:t>", "<w:t>Alle</w:t><w:sym w:char='F039'/>")),
            Named(("9",)),
        ),
    }
)
def test_each_branch_of_alternate_content_is_read(version, forge, expected):
    check(version, forge, expected)


# --- Controls that show another text ----------------------------------------------------------------------------------


def bound(note):
    binding = '<w:dataBinding w:xpath="/n" w:storeItemID="{0}"/>'
    first(note).find(f"{W}sdtPr").insert(0, elements(binding)[0])


def bound_elsewhere(note):
    add_paragraph(note, *elements("<w:sdt><w:sdtPr><w:dataBinding/></w:sdtPr><w:sdtContent/></w:sdt>"))


@run_forgeries(
    {
        "of a figure": (bound, Named(removed=True)),
        "of anything else": (bound_elsewhere, Named(("felt, der viser en anden tekst",))),
    }
)
def test_control_that_shows_another_text_is_no_figure(version, forge, expected):
    check(version, forge, expected)


# --- Fields -----------------------------------------------------------------------------------------------------------


def simple_field(instruction, result="", **attributes):
    said = "".join(f" w:{name}='{value}'" for name, value in attributes.items())
    return f'<w:fldSimple w:instr=" {instruction} "{said}><w:r><w:t>{result}</w:t></w:r></w:fldSimple>'


def complex_field(instruction, result="<w:t></w:t>", end="<w:fldChar w:fldCharType='end'/>", begin=""):
    return (
        f"<w:r><w:fldChar w:fldCharType='begin'{begin}/></w:r><w:r><w:instrText>{instruction}</w:instrText></w:r>"
        f"<w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r>{result}</w:r><w:r>{end}</w:r>"
    )


RESULT = f"<w:t>{FALSE}</w:t>"


@run_forgeries(
    {
        "page": (paragraph_with(simple_field("PAGE", FALSE)), Named()),
        "page of Word": (paragraph_with(complex_field(" PAGE  \\* Arabic  \\* MERGEFORMAT ", RESULT)), Named()),
        "contents": (paragraph_with(complex_field(' TOC \\o "1-3" \\h \\z \\u ')), Named()),
        "reference": (paragraph_with(complex_field(" PAGEREF _Toc123456789 \\h ")), Named()),
        "picture of a page": (
            paragraph_with(simple_field(f"PAGE \\# &quot;'{FALSE} breve'&quot;", f"{FALSE} breve")),
            Named((FALSE, FALSE)),
        ),
        "locked page": (paragraph_with(simple_field("PAGE", FALSE, fldLock="true")), Named((FALSE,))),
        "locked section": (
            paragraph_with(complex_field("SECTION ", RESULT, begin=" w:fldLock='1'")),
            Named((FALSE,)),
        ),
        "macro button": (paragraph_with(complex_field(f" MACROBUTTON x {FALSE} breve ")), Named((FALSE,))),
        "button without a result": (
            paragraph_with(
                f"<w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText>MACROBUTTON x {FALSE}</w:instrText>"
                "</w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>"
            ),
            Named((FALSE,)),
        ),
        "quote": (paragraph_with(complex_field(f' QUOTE "{FALSE}" ', begin=" w:dirty='true'")), Named((FALSE,))),
        "formula": (paragraph_with(simple_field(f"= {FALSE}")), Named((FALSE,))),
    }
)
def test_fields_are_text_except_page_numbers_and_references(version, forge, expected):
    check(version, forge, expected)


def test_field_without_an_end_hides_no_paragraph_after_it(version):
    def forge(note):
        add_paragraph(note, typed(FALSE))
        add_paragraph(note, *elements(complex_field("PAGE", end="")))

    check(version, forge, Named((FALSE,)))


# --- Text that runs backwards -----------------------------------------------------------------------------------------


TURNED = "tegn, der vender teksten"


def turned_by(name):
    def forge(note):
        content = first(note).find(f"{W}sdtContent")
        around = elements(f'<w:{name} w:val="rtl"/>')[0]
        around.extend(list(content))
        content.append(around)

    return forge


@run_forgeries(
    {
        **{
            f"U+{ord(mark):04X} around": (beside(mark, "\u202c"), Named((TURNED, TURNED)))
            for mark in "\u202e\u202d\u2067\u200f\u061c"
        },
        "bdo": (turned_by("bdo"), Named(changed=True)),
        "dir": (turned_by("dir"), Named(changed=True)),
        "rtl": (properties("<w:rtl/>"), Named(changed=True)),
        "rtl that is off": (properties("<w:rtl w:val='0'/>"), Named()),
    }
)
def test_text_that_runs_backwards_is_named(version, forge, expected):
    check(version, forge, expected)


# --- Figures that are not shown ---------------------------------------------------------------------------------------


def styled(kind, style, *, based=False):
    """Return a forgery that gives the first control, or its paragraph, a style."""

    def forge(note):
        xml = f"<w:style w:type='{kind}' w:styleId='Skjult'><w:rPr>{style}</w:rPr></w:style>"
        if based:
            xml += f"<w:style w:type='{kind}' w:styleId='Ny'><w:basedOn w:val='Skjult'/></w:style>"
        add_to_part(note, "word/styles.xml", xml)
        name = "Ny" if based else "Skjult"
        if kind == "character":
            properties(f"<w:rStyle w:val='{name}'/>")(note)
        else:
            first(note).getparent().find(f"{W}pPr/{W}pStyle").set(f"{W}val", name)

    return forge


def shaded(note):
    properties("<w:color w:val='FFFFFF'/><w:shd w:val='clear' w:fill='0A2A66'/>")(note)


def hidden_row(note):
    """Put the first control into a row that Word hides."""
    table = elements("<w:tbl><w:tr><w:trPr><w:hidden/></w:trPr><w:tc><w:p/></w:tc></w:tr></w:tbl>")[0]
    control, paragraph = first(note), first(note).getparent()
    paragraph.replace(control, typed("0"))
    table.find(f".//{W}p").append(control)
    paragraph.addnext(table)


NOT_SHOWN = {
    "struck": properties("<w:strike/>"),
    "struck twice": properties("<w:dstrike w:val='true'/>"),
    "white": properties("<w:color w:val='FFFFFF'/>"),
    "nearly white": properties("<w:color w:val='FDFEFD'/>"),
    "black on black": properties("<w:color w:val='000000'/><w:shd w:val='clear' w:fill='000000'/>"),
    "tiny": properties("<w:sz w:val='2'/>"),
    "in a hidden row": hidden_row,
    "hidden by style": styled("character", "<w:vanish/>"),
    "white by style": styled("character", "<w:color w:val='FFFFFF'/>", based=True),
}


@run_forgeries(
    {
        **{name: (forge, Named(removed=True)) for name, forge in NOT_SHOWN.items()},
        "white on blue": (shaded, Named()),
        "not struck": (properties("<w:strike w:val='0'/>"), Named()),
    }
)
def test_figure_that_is_not_shown_is_removed(version, forge, expected):
    check(version, forge, expected)


def test_figures_of_a_hidden_paragraph_are_removed(version):
    note = Copy(render_document(version), random.Random(0))
    names = [name_of(one) for one in first(note).getparent().iter(f"{W}sdt")]
    styled("paragraph", "<w:vanish/>", based=True)(note)
    report = verify(note.save()).as_json()
    assert sorted(report["removed"]) == sorted(names)
    assert not report["changed"]


# --- Text outside the text --------------------------------------------------------------------------------------------


def listed(label, start="1"):
    def forge(note):
        level = f"<w:start w:val='{start}'/><w:numFmt w:val='decimal'/><w:lvlText w:val='{label}'/>"
        xml = f"<w:abstractNum w:abstractNumId='990'><w:lvl w:ilvl='0'>{level}</w:lvl></w:abstractNum>"
        add_to_part(note, "word/numbering.xml", xml)

    return forge


@run_forgeries(
    {
        "label": (listed("88.123 breve er tabt."), Named((FALSE,))),
        "word in a label": (listed("%1 tusind"), Named(("tusind",))),
        "label glued to the number": (listed("%1.000"), Named(("000",))),
        "start": (listed("%1", "88123"), Named(("88123",))),
        "plain label": (listed("Bilag %1."), Named()),
        "strict": (paragraph_with("<s:r><s:t>88.123</s:t></s:r>"), Refused("almindelig .docx")),
        "drawing": (paragraph_with("<w:r><w:drawing><a:t>88.123</a:t></w:drawing></w:r>"), Named((FALSE,))),
        "word art": (
            paragraph_with("<w:r><w:pict><v:textpath string='88.123 breve'/></w:pict></w:r>"),
            Named((FALSE,)),
        ),
    }
)
def test_text_of_lists_and_drawings_is_read(version, forge, expected):
    check(version, forge, expected)


# --- Words ------------------------------------------------------------------------------------------------------------


def another_beside(between):
    """Return a forgery that puts the second control behind the first, so that people read one number."""

    def forge(note):
        one, other = note.controls()[:2]
        twin = etree.fromstring(etree.tostring(other))
        first(note).addnext(twin)
        one.addnext(typed(between))

    return forge


JOINT = ("to tal uden ord imellem",)


@run_forgeries(
    {
        "two figures": (another_beside(""), Named(JOINT)),
        "two figures and a dot": (another_beside("."), Named(JOINT)),
        "two figures and a space": (another_beside("\u00a0"), Named(JOINT)),
        "two figures and a word": (another_beside(" og "), Named()),
        "million": (beside(after=" mio."), Named(("mio",))),
        "thousand": (beside(after=" t. "), Named(("t",))),
        "thousand crowns": (beside(after=" tkr. "), Named(("tkr",))),
        "percent": (beside(after=" pct. af dem"), Named(("pct",))),
        "percent sign": (beside(after=" % af dem"), Named(("%",))),
        "letter after": (beside(after="O"), Named(("O",))),
        "word after": (beside(after="breve"), Named()),
        "letter before": (beside(before="l"), Named(("l",))),
        "letter behind nothing": (beside(after="\u200bO"), Named(("O",))),
        "minus": (beside(before="−"), Named(("−",))),
        "hyphen": (beside(before="-"), Named(("-",))),
        "dash between words": (beside(before="– "), Named()),
        "words": (beside(before="nu ", after=" til i dag"), Named()),
        "number and percent are one": (
            paragraph_with("<w:r><w:t>Det er 88 procent af dem.</w:t></w:r>"),
            Named(("88",)),
        ),
    }
)
def test_what_changes_the_size_of_a_figure_is_named(version, forge, expected):
    check(version, forge, expected)


@pytest.mark.parametrize(
    "word",
    [
        "hundredfem",
        "ethundredfem",
        "totusindfem",
        "hundredeogen",
        "syvogtyvende",
        "tyvende",
        "femtende",
        "otteogtres",
        "fyrretyve",
        "fireog\xadtyve",
        "fire\u200bog\u200btyve",
        "trettenhundreder",
        "tusindvis",
        "halvfjerdsindstyve",
        "halvanden",
        "halvdelen",
        "dobbelt",
        "mio",
        "mia",
        "pct",
        "procent",
        "promille",
        "én",
        "tolv",
        "adskilligetusinde",
        "tredivefem",
        "Hundredfem",
    ],
)
def test_number_words_are_numbers(word):
    assert [one.is_number for one in tokens(word)] == [True]


@pytest.mark.parametrize(
    "word",
    [
        "en",
        "et",
        "og",
        "entre",
        "netto",
        "tog",
        "nogen",
        "entog",
        "otter",
        "titel",
        "firserne",
        "stress",
        "interesse",
        "tredje",
        "dobbeltsidet",
    ],
)
def test_other_words_are_no_numbers(word):
    assert not any(one.is_number for one in tokens(word))


def test_long_word_of_number_parts_takes_no_time():
    assert [one.is_number for one in tokens("hundredeen" * 5_000 + "x")] == [False]


def test_note_saved_by_libreoffice_is_ok(version):
    assert verify(saved_by_libreoffice(version)).ok
