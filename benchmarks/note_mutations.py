"""Changes that people make in a note with Word: each returns the changed document and what `verify_note` must name."""

from __future__ import annotations

import copy
import io
import random
import re
import zipfile
from collections.abc import Callable
from typing import NamedTuple

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WHO = {f"{W}id": "900", f"{W}author": "Grethe Falk", f"{W}date": "2020-01-13T15:00:00Z"}
_BODY = "word/document.xml"


class Expected(NamedTuple):
    """The findings: names of changed and removed figures, and texts of untagged ones."""

    changed: list[str] = []
    removed: list[str] = []
    untagged: list[str] = []


def found(report: dict) -> Expected:
    """Return the findings of `verify_note --json`, sorted."""
    return Expected(
        sorted(one["figure"] for one in report["changed"]),
        sorted(report["removed"]),
        sorted(one["text"] for one in report["untagged"]),
    )


class Copy:
    """A note that is changed. `root`: the body of the document."""

    def __init__(self, content: bytes, rng: random.Random):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            self.parts = {name: packed.read(name) for name in packed.namelist()}
        self.root = etree.fromstring(self.parts[_BODY])
        self.rng = rng

    def save(self) -> bytes:
        self.parts[_BODY] = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", standalone=True)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            for name, part in self.parts.items():
                file.writestr(name, part)
        return packed.getvalue()

    def controls(self) -> list[etree._Element]:
        return list(self.root.iter(f"{W}sdt"))

    def control(self) -> etree._Element:
        return self.rng.choice(self.controls())

    def prose(self) -> etree._Element:
        """Return a run of text outside the controls, in a paragraph outside tables."""
        runs = [
            text
            for text in self.root.iter(f"{W}t")
            if not {f"{W}sdt", f"{W}tbl"} & {one.tag for one in text.iterancestors()} and len(text.text or "") > 20
        ]
        return self.rng.choice(runs)

    def two_controls(self, controls: list[etree._Element]) -> tuple[etree._Element, etree._Element]:
        """Return two controls with different numbers, in reading order."""
        one = self.rng.choice(controls)
        others = [each for each in controls if text_of(each).text != text_of(one).text]
        other = self.rng.choice(others)
        return (one, other) if controls.index(one) < controls.index(other) else (other, one)

    def tables(self) -> list[etree._Element]:
        return list(self.root.iter(f"{W}tbl"))

    def run(self, text: str, properties: str = "") -> etree._Element:
        return etree.fromstring(f'<w:r xmlns:w="{W[1:-1]}">{properties}<w:t xml:space="preserve">{text}</w:t></w:r>')

    def relate(self, kind: str, target: str, content_type: str) -> None:
        """Add a part to the relationships of the body and to the content types."""
        office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        added = f'<Relationship Id="rIdNy{kind}" Type="{office}/{kind}" Target="{target}"/></Relationships>'
        rels = "word/_rels/document.xml.rels"
        self.parts[rels] = self.parts[rels].replace(b"</Relationships>", added.encode())
        declared = f'<Override PartName="/word/{target}" ContentType="{content_type}"/></Types>'
        types = "[Content_Types].xml"
        self.parts[types] = self.parts[types].replace(b"</Types>", declared.encode())

    def number(self) -> str:
        """Return a number that no note has."""
        return f"{self.rng.randint(71_001, 99_999):,}".replace(",", self.rng.choice([".", "", "\u00a0"]))


def name_of(control: etree._Element) -> str:
    tag = control.find(f"{W}sdtPr/{W}tag")
    assert tag is not None
    return str(tag.get(f"{W}val")).partition(":")[2]


def text_of(control: etree._Element) -> etree._Element:
    text = control.find(f".//{W}t")
    assert text is not None
    return text


def another_digit(text: str, rng: random.Random) -> str:
    at = rng.choice([n for n, char in enumerate(text) if char.isdigit()])
    digit = rng.choice([one for one in "123456789" if one != text[at]])
    return text[:at] + digit + text[at + 1 :]


def digit_in_control(note: Copy) -> Expected:
    control = note.control()
    text_of(control).text = another_digit(text_of(control).text or "", note.rng)
    return Expected(changed=[name_of(control)])


def digit_in_split_runs(note: Copy) -> Expected:
    control = note.control()
    text = text_of(control)
    run = text.getparent()
    assert run is not None
    text.text = another_digit(text.text or "", note.rng)
    rest = copy.deepcopy(run)
    text_of_rest = rest.find(f"{W}t")
    assert text_of_rest is not None
    text.text, text_of_rest.text = text.text[:1], text.text[1:]
    run.addnext(rest)
    return Expected(changed=[name_of(control)])


def tracked_digit(note: Copy) -> Expected:
    control = note.control()
    run = text_of(control).getparent()
    assert run is not None
    written = copy.deepcopy(run)
    new = written.find(f"{W}t")
    assert new is not None
    new.text = another_digit(new.text or "", note.rng)
    text_of(control).tag = f"{W}delText"
    _wrap(run, "del")
    deleted = run.getparent()
    assert deleted is not None
    deleted.addnext(written)
    _wrap(written, "ins")
    return Expected(changed=[name_of(control)])


def control_removed(note: Copy) -> Expected:
    control = note.control()
    _remove(control)
    return Expected(removed=[name_of(control)])


def control_unwrapped(note: Copy) -> Expected:
    """What *Remove Content Control* does: the number stays as plain text."""
    control = note.control()
    for run in control.findall(f"{W}sdtContent/{W}r"):
        control.addprevious(run)
    _remove(control)
    return Expected(removed=[name_of(control)])


def row_deleted(note: Copy) -> Expected:
    row = note.rng.choice([one for one in note.root.iter(f"{W}tr") if one.find(f".//{W}sdt") is not None])
    names = [name_of(one) for one in row.iter(f"{W}sdt")]
    _remove(row)
    return Expected(removed=sorted(names))


def tracked_row(note: Copy) -> Expected:
    row = note.rng.choice([one for one in note.root.iter(f"{W}tr") if one.find(f".//{W}sdt") is not None])
    properties = row.find(f"{W}trPr")
    assert properties is not None
    etree.SubElement(properties, f"{W}del", _WHO)
    for run in list(row.iter(f"{W}r")):
        for text in run.iter(f"{W}t"):
            text.tag = f"{W}delText"
        _wrap(run, "del")
    return Expected(removed=sorted(name_of(one) for one in row.iter(f"{W}sdt")))


def figure_typed(note: Copy) -> Expected:
    text, number = note.prose(), note.number()
    words = (text.text or "").split(" ")
    words.insert(note.rng.randint(1, len(words) - 1), number)
    text.text = " ".join(words)
    return Expected(untagged=[number.replace("\u00a0", " ")])


def figure_repeated(note: Copy) -> Expected:
    """The number of a control, typed once more before the control."""
    control = note.rng.choice([one for one in note.controls() if (text_of(one).text or "").isdigit()])
    number = text_of(control).text or ""
    control.addprevious(note.run(f" {number} og "))
    return Expected(untagged=[number])


def word_typed(note: Copy) -> Expected:
    text = note.prose()
    text.text = f"{text.text} Det er elleve flere."
    return Expected(untagged=["elleve"])


def tracked_figure(note: Copy) -> Expected:
    run, number = note.prose().getparent(), note.number()
    assert run is not None
    typed = note.run(f" i alt {number} breve ")
    run.addnext(typed)
    _wrap(typed, "ins")
    return Expected(untagged=[number.replace("\u00a0", " ")])


def paragraph_typed(note: Copy) -> Expected:
    number = note.number()
    paragraph = note.prose().getparent().getparent()  # type: ignore[union-attr]
    assert paragraph is not None
    paragraph.addnext(
        etree.fromstring(f'<w:p xmlns:w="{W[1:-1]}"><w:r><w:t>Vi mangler {number} breve.</w:t></w:r></w:p>')
    )
    return Expected(untagged=[number.replace("\u00a0", " ")])


def deadline_changed(note: Copy) -> Expected:
    """Another day in a date of the text: the text is the version's own, the number is not."""
    runs = [one for one in note.root.iter(f"{W}t") if re.search(r"den \d+\. ", one.text or "")]
    text = note.rng.choice(runs)
    day = re.search(r"den (\d+)\. (\w+)", text.text or "")
    assert day is not None
    another = "28" if day[1] == "29" else "29"
    text.text = (text.text or "").replace(day[0], f"den {another}. {day[2]}", 1)
    return Expected(untagged=[another])


def month_changed(note: Copy) -> Expected:
    """Another month in a date: no digit differs."""
    runs = [one for one in note.root.iter(f"{W}t") if re.search(r"den \d+\. \w", one.text or "")]
    text = note.rng.choice(runs)
    day = re.search(r"den (\d+)\. (\w+)", text.text or "")
    assert day is not None
    text.text = (text.text or "").replace(day[0], f"den {day[1]}. marts", 1)
    return Expected(untagged=["marts"])


def date_typed(note: Copy) -> Expected:
    """A date where none was is told once, by its day."""
    text = note.prose()
    text.text = f"{text.text} Det sker den 28. februar."
    return Expected(untagged=["28"])


def twelve_letters(note: Copy) -> Expected:
    text, word = note.prose(), note.rng.choice(["tolv", "halvtreds", "toogtyve", "femtusind", "én"])
    text.text = f"{text.text} Vi venter på {word} breve."
    return Expected(untagged=[word])


def percent_in_control(note: Copy) -> Expected:
    control = note.control()
    text_of(control).text = f"{note.rng.randint(10, 99)} %"
    return Expected(changed=[name_of(control)])


def percent_typed(note: Copy) -> Expected:
    text, number = note.prose(), str(note.rng.randint(32, 99))
    text.text = f"{text.text} Det er {number} % af dem."
    return Expected(untagged=[number])


def row_copied(note: Copy) -> Expected:
    """A row twice: the figures are right in both."""
    row = note.rng.choice([one for one in note.root.iter(f"{W}tr") if one.find(f".//{W}sdt") is not None])
    row.addnext(copy.deepcopy(row))
    return Expected()


def copied_row_changed(note: Copy) -> Expected:
    row = note.rng.choice([one for one in note.root.iter(f"{W}tr") if one.find(f".//{W}sdt") is not None])
    twin = copy.deepcopy(row)
    row.addnext(twin)
    control = note.rng.choice(list(twin.iter(f"{W}sdt")))
    text_of(control).text = another_digit(text_of(control).text or "", note.rng)
    return Expected(changed=[name_of(control)])


def texts_swapped(note: Copy) -> Expected:
    """The numbers of two controls change places; the controls stay."""
    one, other = note.two_controls(note.controls())
    text_of(one).text, text_of(other).text = text_of(other).text, text_of(one).text
    return Expected(changed=sorted([name_of(one), name_of(other)]))


def controls_swapped(note: Copy) -> Expected:
    """Two controls of a paragraph or a row change places, each with its number and tag."""
    groups = [list(one.iter(f"{W}sdt")) for one in (*note.root.iter(f"{W}tr"), *note.root.findall(f"{W}body/{W}p"))]
    fitting = [group for group in groups if len({text_of(one).text for one in group}) > 1]
    one, other = note.two_controls(note.rng.choice(fitting))
    mark = etree.Element("mark")
    one.addprevious(mark)
    other.addprevious(one)
    mark.addprevious(other)
    _remove(mark)
    return Expected(changed=sorted([name_of(one), name_of(other)]))


def rows_swapped(note: Copy) -> Expected:
    """The figures of two rows change places, and the labels stay."""
    tables = [
        [row for row in table.findall(f"{W}tr") if len(row.findall(f"{W}tc/{W}p/{W}sdt")) > 1]
        for table in note.tables()
    ]
    tables = [rows for rows in tables if len(rows) > 1]
    if not tables:
        return Expected()
    first, second = note.rng.sample(note.rng.choice(tables), 2)
    ones, others = list(first.iter(f"{W}sdt")), list(second.iter(f"{W}sdt"))
    names = [
        name_of(control)
        for one, other in zip(ones, others, strict=True)
        if text_of(one).text != text_of(other).text
        for control in (one, other)
    ]
    for one, other in zip(ones, others, strict=True):
        mark = etree.Element("mark")
        one.addprevious(mark)
        other.addprevious(one)
        mark.addprevious(other)
        _remove(mark)
    return Expected(changed=sorted(names))


def tag_copied(note: Copy) -> Expected:
    """The tag of one figure on the control of another: the one is shown wrong, the other has no control."""
    one, other = note.two_controls(note.controls())
    tag, copied = one.find(f"{W}sdtPr/{W}tag"), other.find(f"{W}sdtPr/{W}tag")
    assert tag is not None
    assert copied is not None
    name = name_of(other)
    copied.set(f"{W}val", str(tag.get(f"{W}val")))
    return Expected(changed=[name_of(one)], removed=[name])


def figure_hidden(note: Copy) -> Expected:
    control = note.control()
    run = text_of(control).getparent()
    assert run is not None
    properties = run.find(f"{W}rPr")
    if properties is None:
        properties = etree.Element(f"{W}rPr")
        run.insert(0, properties)
    etree.SubElement(properties, f"{W}vanish")
    return Expected(removed=[name_of(control)])


def number_hidden(note: Copy) -> Expected:
    run, number = note.prose().getparent(), note.number()
    assert run is not None
    run.addnext(note.run(f" i alt {number} breve ", "<w:rPr><w:vanish/></w:rPr>"))
    return Expected(untagged=[number.replace("\u00a0", " ")])


def footnote_added(note: Copy) -> Expected:
    number = note.number()
    text = (
        '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
        '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p>'
        f'</w:footnote><w:footnote w:id="1"><w:p><w:r><w:t>Heraf {number} i Valby.</w:t></w:r></w:p></w:footnote>'
    )
    note.parts["word/footnotes.xml"] = f'<w:footnotes xmlns:w="{W[1:-1]}">{text}</w:footnotes>'.encode()
    kind = "footnotes"
    note.relate(kind, "footnotes.xml", f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}+xml")
    run = note.prose().getparent()
    assert run is not None
    run.addnext(etree.fromstring(f'<w:r xmlns:w="{W[1:-1]}"><w:footnoteReference w:id="1"/></w:r>'))
    return Expected(untagged=[number.replace("\u00a0", " ")])


def text_box_added(note: Copy) -> Expected:
    number = note.number()
    run = note.prose().getparent()
    assert run is not None
    box = (
        '<w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" id="boks" type="#_x0000_t202" '
        'style="position:absolute;width:150pt;height:60pt"><v:textbox><w:txbxContent><w:p><w:r>'
        f"<w:t>Boks: {number} breve</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict>"
    )
    run.addnext(etree.fromstring(f'<w:r xmlns:w="{W[1:-1]}">{box}</w:r>'))
    return Expected(untagged=[number.replace("\u00a0", " ")])


def footer_changed(note: Copy) -> Expected:
    number = note.number()
    name = next(
        name for name, part in sorted(note.parts.items()) if name.startswith("word/footer") and b"Status" in part
    )
    root = etree.fromstring(note.parts[name])
    text = next(one for one in root.iter(f"{W}t") if "Status" in (one.text or ""))
    text.text = f"{number} breve. {text.text}"
    note.parts[name] = etree.tostring(root)
    return Expected(untagged=[number.replace("\u00a0", " ")])


def separators_changed(note: Copy) -> Expected:
    """3.400, 3400 and 3 400 are one number."""
    large = [one for one in note.controls() if len(text_of(one).text or "") > 4] or note.controls()
    text = text_of(note.rng.choice(large))
    text.text = (text.text or "").replace(".", note.rng.choice(["", " ", "\u00a0", "\u202f"]))
    return Expected()


def hedged(note: Copy) -> Expected:
    """What changes no figure: a space in a number, and a word before it."""
    text = text_of(note.control())
    text.text = f"cirka\u00a0{(text.text or '').replace('.', chr(0xA0))}"
    return Expected()


def reworded(note: Copy) -> Expected:
    note.prose().text = "Vi følger op, og alle får svar. "
    return Expected()


MUTATIONS: dict[str, Callable[[Copy], Expected]] = {
    one.__name__: one
    for one in (
        digit_in_control,
        digit_in_split_runs,
        tracked_digit,
        control_removed,
        control_unwrapped,
        row_deleted,
        tracked_row,
        figure_typed,
        figure_repeated,
        word_typed,
        tracked_figure,
        paragraph_typed,
        deadline_changed,
        month_changed,
        date_typed,
        twelve_letters,
        percent_in_control,
        percent_typed,
        row_copied,
        copied_row_changed,
        texts_swapped,
        controls_swapped,
        rows_swapped,
        tag_copied,
        figure_hidden,
        number_hidden,
        footnote_added,
        text_box_added,
        footer_changed,
        separators_changed,
        hedged,
        reworded,
    )
}


def mutate(content: bytes, name: str, rng: random.Random) -> tuple[bytes, Expected]:
    note = Copy(content, rng)
    expected = MUTATIONS[name](note)
    return note.save(), expected


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _wrap(run: etree._Element, name: str) -> None:
    around = etree.Element(f"{W}{name}", _WHO)
    run.addprevious(around)
    around.append(run)
