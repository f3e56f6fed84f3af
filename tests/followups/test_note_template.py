"""The Word template of the note: what an installation may put in its place, and what is refused with the reason."""

import pytest

from followups.proof_files import FileRefused
from letters.models import Incident
from notifications.status_note.document import OWN_TEMPLATE, check_template, render_document
from notifications.status_note.versions import replace_template, take_version, template_in_force
from notifications.status_note.word_file import open_word_file, read_lines
from tests.followups.note_helpers import rewrite, two_versions, verify


def template_with(old, new):
    """Return the project's template with a text changed."""
    return rewrite(OWN_TEMPLATE.read_bytes(), parts={"word/document.xml": lambda xml: xml.replace(old, new, 1)})


def test_own_template_is_usable():
    check_template(OWN_TEMPLATE.read_bytes())


def test_document_has_the_headings_and_the_margin_of_the_version(cast, monday):
    Incident.objects.update(office="Koncernservice\nBorups Allé 177", ean="5798009809018")
    version = take_version(Incident.objects.get(), cast.root, cast.mette)
    document = open_word_file(render_document(version))
    headings = [one.text for one in document.paragraphs if one.style.name == "Heading 1"]
    assert headings == ["Resumé", "Sagsfremstilling", "Løsning", "Videre proces", "Bilag"]
    parts = [one.text for one in document.paragraphs if one.style.name == "Heading 2"]
    assert parts == [one["heading"] for one in version.content["sections"] if one["heading"]]
    margin = [one.text for one in document.paragraphs if one.style.name == "NotatMargen"]
    assert "Koncernservice\nBorups Allé 177" in margin
    assert margin[-2:] == ["EAN-nummer", "5798009809018"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("{{p notat }}", "Notatet", r"mangler: notat\."),
        ("{{ titel }}", "{{ overskrift }}", r"mangler: titel\. Felter, vi ikke kender: overskrift\."),
        ("{{ titel }}", "{{ titel", r"mangler: titel\."),
        ("{{ titel }}", "{% if titel %}", "kan ikke udfyldes"),
        ("{{ titel }}", "{{ titel|ukendt }}", "kan ikke udfyldes"),
        ("{{ titel }}", "{{ titel.__class__.__mro__ }}", "kan ikke udfyldes"),
        ("{{p notat }}", "{{ notat }}", "Flyt dem"),
        ("{{ titel }}", "{{p titel }}", "Flyt dem"),
    ],
)
def test_wrong_template_is_refused_with_its_fault(old, new, sentence):
    with pytest.raises(FileRefused, match=sentence):
        check_template(template_with(old, new))


def test_template_without_a_style_is_refused():
    styles = {"word/styles.xml": lambda xml: xml.replace('"NotatTabeller"', '"Andet"')}
    with pytest.raises(FileRefused, match="mangler: NotatTabeller"):
        check_template(rewrite(OWN_TEMPLATE.read_bytes(), parts=styles))


def test_replaced_template_is_used_from_the_next_version_on(cast, monday):
    document = render_document(two_versions(cast, monday))
    replace_template(template_with("EAN-nummer", "EAN"), "vores.docx", cast.mette)
    version = take_version(cast.incident, cast.buf, cast.mette)
    new = render_document(version)
    assert "EAN" in [line.prose for line in read_lines(open_word_file(new))]
    assert verify(new).ok
    assert verify(document).ok, "the version before keeps its template"
    replace_template(OWN_TEMPLATE.read_bytes(), "statusnotat.docx", cast.mette)
    assert template_in_force().filename == "statusnotat.docx"
