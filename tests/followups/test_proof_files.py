"""Files that are to be proof: what is taken, what is refused and why, and how they leave again."""

import hashlib
import io
import struct
import time
import zipfile
import zlib
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from followups import services
from followups.arriving import recording, storing
from followups.arriving.checking import MAX_BYTES, TYPES, Proof, Refused, checked, tidy
from followups.arriving.recording import Said
from followups.models import Arrival, ProofPart
from letters import exporting
from letters.models import Letter
from tests.followups.test_arriving import ARRIVED, TYPED
from tests.followups.test_services import SENT_AGAIN

pytestmark = pytest.mark.usefixtures("monday")
LOG = "id;status\r\nB-00002;Afleveret Digital Post\r\n".encode("cp1252")


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 1, height: int = 1, *more: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND")


def segment(mark: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, mark, len(data) + 2) + data


JPEG = (
    b"\xff\xd8"
    + segment(0xE0, b"JFIF\0")
    + segment(0xC2, b"\x08\x00\x10\x00\x10\x01\x01\x11\x00")
    + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
    + b"\x12\xff\x00\xff\xd0\x34"
    + segment(0xDA, b"\x01\x01\x00\x01\x3f\x00")  # a progressive picture has several scans
    + b"\x56\xff\xd9"
)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def workbook(*cells: str) -> bytes:
    return exporting.to_xlsx(["Brev", "Status"], [cells or ("B-00002", "Afleveret")], "Log")


def packed(*more: tuple[str, bytes], of: bytes = b"", way: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook with more in it."""
    content = io.BytesIO(of or workbook())
    with zipfile.ZipFile(content, "a", way) as file:
        for name, data in more:
            file.writestr(name, data)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("skærm.png", png(), "skærm.png"),
        ("skærm.html", png(), "skærm.png"),  # the content counts, whatever it is called
        ("foto.JPEG", JPEG, "foto.jpg"),
        ("kvittering.pdf", PDF, "kvittering.pdf"),
        ("log.csv", LOG, "log.csv"),
        ("log", "Afleveret på e-Boks, æøå".encode(), "log.txt"),
        ("log.txt", "Afleveret".encode("utf-16"), "log.txt"),
        ("log.xlsx", workbook(), "log.xlsx"),
    ],
)
def test_what_is_taken(name, content, kept):
    proof = checked(name, content)
    assert (proof.name, proof.type, proof.content) == (kept, TYPES[kept.rpartition(".")[2]], content)
    assert proof.sha256 == hashlib.sha256(content).hexdigest()


EMPTY_ZIP = b"PK\x05\x06" + bytes(18)
HTML = b"<!doctype html><script>alert(1)</script>"
REFUSED = {
    "a web page called an image": (HTML, "Filen er ikke et billede"),
    "a drawing": (b'\xef\xbb\xbf \n<svg xmlns="http://www.w3.org/2000/svg"/>', "Filen er ikke et billede"),
    "a program": (b"MZ\x90\x00\x03\x00", "Filen er ikke et billede"),
    "nothing but blanks": (b" \r\n", "ingen tekst"),
    "an image with a web page behind it": (png() + HTML, "ikke hel"),
    "an image with a zip behind it": (png() + workbook(), "ikke hel"),
    "an image that is cut off": (png()[:-1], "ikke hel"),
    "an image with a wrong checksum": (png().replace(b"IDAT", b"IDAX"), "ikke hel"),
    "an image that is only a head": (b"\x89PNG\r\n\x1a\n", "ikke hel"),
    "an image that fills a memory": (png(60_000, 60_000), "ikke hel"),
    "a photograph with a web page behind it": (JPEG + HTML, "ikke hel"),
    "a photograph that is cut off": (JPEG[:-2], "ikke hel"),
    "a photograph without a size": (b"\xff\xd8\xff\xe0\x00\x02\xff\xd9", "ikke hel"),
    "a photograph whose segment is longer than it": (b"\xff\xd8\xff\xe0\xff\xff\xff\xd9", "ikke hel"),
    "a PDF that runs something": (PDF.replace(b"/Type", b"/OpenAction<</S/JavaScript/JS(x)>>/Type"), "programkode"),
    "a PDF with a file in it": (PDF.replace(b"/Type", b"/EmbeddedFile/Type"), "programkode"),
    "a PDF that is a zip too": (PDF + packed(("a", b"a"), of=EMPTY_ZIP), "ikke hel"),
    "a PDF without an end": (PDF[:-6] + b" " * 2000, "ikke hel"),
    "a zip that is no workbook": (packed(("a", b"a"), of=EMPTY_ZIP), "Filen er ikke et billede"),
    "a workbook that fills a memory": (packed(("docProps/big.xml", bytes(64 * 1024**2))), "for meget"),
    "a workbook whose size nobody knows before": (packed(("xl/a.xml", b"a"), way=zipfile.ZIP_BZIP2), "ikke hel"),
    "a workbook packed as nobody packs them": (packed(("xl/a.xml", b"a"), way=zipfile.ZIP_LZMA), "ikke hel"),
    "a workbook with a broken name": (packed(("xl/æ.xml", b"a")).replace("æ".encode(), b"\xff\xff"), "ikke hel"),
    "a workbook of many parts": (packed(*((f"xl/{n}.xml", b"") for n in range(1001))), "for meget"),
    "a workbook with macros": (packed(("xl/vbaProject.bin", b"x")), "programkode"),
    "a workbook with a file in it": (packed(("xl/embeddings/brev.docx", b"x")), "programkode"),
    "a workbook that climbs": (packed(("../../etc/passwd", b"x")), "ikke hel"),
    "a workbook with a web page behind it": (workbook() + HTML, "ikke hel"),
    "a workbook that is cut off": (workbook()[:-30], "ikke hel"),
    "a workbook with a number": (workbook("010203-1234", "Afleveret"), "CPR-nummer"),
    "a log with a number": (b"0102031234;Afleveret", "CPR-nummer"),
    "a log of everything": (b"B-00001;Afleveret\n" * 130_000, "for meget"),
    "too many bytes": (b"a" * (MAX_BYTES + 1), "højst fylde 10 MB"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(what):
    content, why = REFUSED[what]
    with pytest.raises(Refused, match=why):
        checked("bevis.png", content)


def test_a_workbook_of_nothing_but_marks_takes_no_time():
    began = time.process_time()
    checked("log.xlsx", packed(("xl/marks.xml", b"<" * 300_000)))
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\Brugere\\karen\\log.txt", "log.txt"),
        ("010203-1234 log.txt", "log.txt"),
        ('a"; filename=b.exe\r\n.txt', "a_filename_b_exe.txt"),
        ("...", "bevis.txt"),
        ("", "bevis.txt"),
        ("x" * 300 + ".txt", "x" * 80 + ".txt"),
        ("Brev (2) – færdig.txt", "Brev (2)_færdig.txt"),
    ],
)
def test_names_are_tidied(name, kept):
    assert tidy(name, "txt") == kept


# --- Through the page -------------------------------------------------------------------------------------------


@pytest.fixture
def sent(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, 0)
    return Letter.objects.visible_to(cast.karen).get(pk=cast.plain.pk)


def upload(client, letter, name, content, **more):
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post(reverse("arrival", args=[letter.pk]), TYPED | {"text": "", "file": file} | more)


def test_a_log_is_proof_and_leaves_only_as_a_download(cast, as_user, sent):
    karen = as_user(cast.karen)
    assert upload(karen, sent, "../010203-1234 log.csv", LOG).status_code == 302
    said = Arrival.objects.get()
    assert (said.kind, said.file_name, said.file_size) == ("FILE", "log.csv", len(LOG))
    shown = karen.get(reverse("arrival", args=[sent.pk])).content.decode()
    address = reverse("arrival_file", args=[sent.pk, said.pk])
    assert f'<a href="{address}"' in shown
    assert "Kommet frem" in shown
    response = as_user(cast.jens).get(address)
    assert response.getvalue() == LOG
    assert {name: response[name] for name in ("Content-Disposition", "X-Content-Type-Options")} == {
        "Content-Disposition": 'attachment; filename="log.csv"',
        "X-Content-Type-Options": "nosniff",
    }
    assert "sandbox" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]
    for person in (cast.torben, cast.olga):
        assert as_user(person).get(address).status_code == 404
    assert as_user(cast.karen).get(reverse("arrival_file", args=[cast.soon.pk, said.pk])).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "more", "why"),
    [
        ("bevis.png", HTML, {}, "Filen er ikke et billede"),
        ("bevis.txt", b"", {}, "Filen er tom"),
        ("bevis.png", b"a" * (MAX_BYTES + 1), {}, "Den må højst fylde 10 MB"),
        ("bevis.csv", LOG, {"has_arrived": "ved-ikke"}, "Svar ja eller nej, når du vælger en fil"),
    ],
)
def test_a_file_that_is_refused_says_why_and_nothing_is_kept(cast, as_user, sent, name, content, more, why):
    response = upload(as_user(cast.karen), sent, name, content, **more)
    assert response.status_code == 422
    assert why in response.content.decode()
    assert not Arrival.objects.exists()
    assert not ProofPart.objects.exists()


def test_the_same_file_is_kept_once_and_says_so(cast, as_user, sent):
    services.decide(cast.untitled, SENT_AGAIN, cast.karen, 0)
    karen = as_user(cast.karen)
    upload(karen, sent, "log.csv", LOG)
    first = Arrival.objects.get()
    again = upload(karen, sent, "andet.csv", LOG, seen=first.pk)
    assert again.status_code == 409
    assert "Den fil ligger allerede på brevet: log.csv" in again.content.decode()
    recording.take_back(sent, first.pk, "Et andet brev", cast.karen)
    assert upload(karen, sent, "log.csv", LOG).status_code == 302  # it counted no more
    other = karen.post(
        reverse("arrival", args=[cast.untitled.pk]),
        TYPED | {"text": "", "file": SimpleUploadedFile("log.csv", LOG)},
        follow=True,
    )
    assert "Den samme fil ligger også på 1 andet brev" in other.content.decode()
    assert ProofPart.objects.count() == 1


def test_a_chosen_file_that_is_not_saved_is_asked_for_again(cast, as_user, sent):
    again = upload(as_user(cast.karen), sent, "log.csv", LOG, way="")
    assert again.status_code == 422
    assert "Vælg filen igen. Den er ikke gemt endnu." in again.text
    recording.record(sent, Said(date(2020, 1, 9), "POST"), cast.jens, 0)
    overtaken = upload(as_user(cast.karen), sent, "log.csv", LOG)
    assert overtaken.status_code == 409
    assert "Vælg filen igen. Den er ikke gemt endnu." in overtaken.text


def test_a_large_file_is_kept_in_parts(cast, sent):
    proof = Proof("log.pdf", TYPES["pdf"], bytes(2 * 2**20 + 7))
    storing.keep(proof)
    storing.keep(proof)
    assert [len(part) for part in storing.parts(proof.sha256)] == [2**20, 2**20, 7]


def test_proof_about_a_personnel_case_is_for_who_may_read_it(cast, as_user):
    services.decide(cast.personnel, SENT_AGAIN, cast.karen, 0)
    said = recording.Said(**{**vars(ARRIVED), "text": "", "file": checked("sygdom.csv", LOG)})
    address = reverse(
        "arrival_file", args=[cast.personnel.pk, recording.record(cast.personnel, said, cast.karen, 0).pk]
    )
    for person in ("karen", "jens", "hanne", "birgitte", "mette", "sofie"):
        client = as_user(getattr(cast, person))
        reads = person in ("karen", "jens", "hanne")
        assert client.get(address).status_code == (200 if reads else 404), person
        for name in ("arrival", "letter"):
            shown = client.get(reverse(name, args=[cast.personnel.pk])).content.decode()
            assert ("sygdom.csv" in shown) is reads, (person, name)
