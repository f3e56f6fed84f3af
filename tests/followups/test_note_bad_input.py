"""What people may send to the note's pages by mistake or on purpose: each gets a Danish sentence, and never a 500."""

import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from followups.models import NoteVersion
from letters.models import Letter
from notifications.status_note.document import OWN_TEMPLATE, render_document
from notifications.status_note.versions import take_version
from tests.followups.note_helpers import UUID, rewrite
from tests.second_incident import build_second_letters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
BODY = "word/document.xml"


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


@pytest.fixture
def document(cast):
    return render_document(take_version(cast.incident, cast.buf, cast.mette))


def upload(client, page, content, name="notat.docx"):
    return client.post(reverse(page), {"fil": SimpleUploadedFile(name, content)})


def packed(**parts) -> bytes:
    """Return a zip file with the parts, of which one unpacks to 200 MB if its content is None."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(name.replace("__", "/"), b"0" * (200 * 1024**2) if content is None else content)
    return file.getvalue()


#: name -> (change of a good document, the sentence)
FILES = {
    "zip bomb": (lambda good: packed(**{"[Content_Types].xml": "<Types/>", "word__document.xml": None}), "for stor"),
    "many elements": (
        lambda good: rewrite(good, parts={BODY: lambda xml: xml.replace("<w:body>", "<w:body>" + "<w:p/>" * 500_000)}),
        "for stor",
    ),
    "many bytes": (lambda good: good + bytes(20 * 1024**2), "for stor"),
    "another zip": (lambda good: packed(hej="hej"), "Filen er ikke et Word-dokument"),
    "half a file": (lambda good: good[: len(good) // 2], "Filen er"),
    "no zip": (lambda good: b"hej", "Filen er ikke et Word-dokument"),
    "nothing": (lambda good: b"", "Filen er tom"),
    "a damaged byte": (lambda good: good[:300] + bytes([good[300] ^ 255]) + good[301:], "Filen er"),
    "no text": (lambda good: rewrite(good, parts={BODY: lambda _: ""}), "Filen er beskadiget"),
}


@pytest.mark.parametrize("name", FILES)
def test_unusable_file_is_refused_with_a_sentence(kit, document, name):
    change, sentence = FILES[name]
    shown = upload(kit, "verify_note", change(document))
    assert shown.status_code == 422
    assert sentence in shown.text


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({}, "Vælg en Word-fil."),
        ({"fil": SimpleUploadedFile("x.docx", packed(hej="hej"))}, "Filen er ikke et Word-dokument"),
        ({"fil": SimpleUploadedFile("x.docx", OWN_TEMPLATE.read_bytes()[:9000])}, "Filen er beskadiget"),
    ],
)
def test_unusable_template_is_refused_with_a_sentence(kit, posted, sentence):
    shown = kit.post(reverse("note_template"), posted)
    assert shown.status_code == 422
    assert sentence in shown.text
    assert "Systemets skabelon gælder." in shown.text


def test_note_of_another_incident_and_of_another_installation(cast, kit, document):
    """A note names its version, so it is checked against that one, whatever incident the page is about."""
    second = build_second_letters(cast)
    other = render_document(take_version(second.incident, cast.buf, cast.mette))
    page = f"/haendelser/{cast.incident.slug}{reverse('verify_note')}"
    shown = kit.post(page, {"fil": SimpleUploadedFile("notat.docx", other)})
    assert shown.status_code == 200
    assert f"i hændelsen »{second.incident.title}«" in shown.text
    assert "i hændelsen" not in kit.post(page, {"fil": SimpleUploadedFile("notat.docx", document)}).text
    foreign = rewrite(
        document,
        parts={"docProps/core.xml": lambda xml: re.sub(UUID, "11111111-2222-4333-8444-555555555555", xml)},
    )
    shown = kit.post(page, {"fil": SimpleUploadedFile("notat.docx", foreign)})
    assert shown.status_code == 422
    assert "Notatet er ikke lavet her." in shown.text


def test_note_that_the_reader_may_not_see_is_as_one_made_elsewhere(cast, as_user, document):
    shown = upload(as_user(cast.sofie), "verify_note", document)  # a draft, and Sofie reads published notes
    assert shown.status_code == 422
    assert "Notatet er ikke lavet her." in shown.text


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"enhed": "x"}, "Vælg en enhed på listen."),
        ({}, "Dette felt er påkrævet."),
        ({"enhed": "buf", "dato": "1-1-2019"}, "kan ikke ligge før tallene"),
        ({"enhed": "buf", "dato": "i-morgen-\x00"}, "Skriv datoen med tal"),
        ({"enhed": "buf", "dato": "14-01-2999"}, "mere end et år fremme"),
    ],
)
def test_new_note_with_nonsense_is_refused(cast, kit, posted, sentence):
    if posted.get("enhed") == "buf":
        date = dict(zip(("dato_day", "dato_month", "dato_year"), posted["dato"].split("-"), strict=False))
        posted = date | {"enhed": str(cast.buf.pk)}
    shown = kit.post(reverse("notes"), posted)
    assert shown.status_code == 422
    assert sentence in shown.text
    assert not NoteVersion.objects.exists()


def test_incident_without_letters_has_no_note(cast, kit):
    Letter.objects.all().update(withdrawn_at="2020-01-13T10:00Z")
    shown = kit.post(reverse("notes"), {"enhed": str(cast.root.pk)})
    assert shown.status_code == 422
    assert "Der er ingen breve at skrive om. Indlæs en liste først." in shown.text
    prose = kit.get(reverse("note_prose", args=[cast.root.pk, "process"]), follow=True)
    assert "Der er ingen breve at skrive om." in prose.text


def test_addresses_with_nonsense_are_not_found(cast, kit, document):
    version = NoteVersion.objects.get()
    figure = reverse("note_figure", args=[version.pk, "letters"])
    assert kit.get(figure, {"page": "x"}).status_code == 200
    assert kit.get(figure, {"page": "99999999999999999999"}).status_code == 200
    for name in ("findes-ikke", "letters@before@before", "letters@", "\x00", "../letters", "letters@change@before"):
        assert kit.get(figure.removesuffix("letters/") + f"{name}/").status_code == 404, name
    assert kit.get(f"/rapport/{2**70}/").status_code == 404
    assert kit.get(f"/rapport/tekst/{2**70}/process/").status_code == 404
    assert kit.get(reverse("note_prose", args=[cast.buf.pk, "annex"])).status_code == 404
