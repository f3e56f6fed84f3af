"""Proof files: accepted files, refused files with the reason, and downloads."""

import hashlib
import io
import json
import struct
import tracemalloc
import zipfile
import zlib
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from followups import proof_files, services
from followups.models import Arrival, ProofPart
from followups.proof_files import (
    MAX_BYTES,
    TYPES,
    FileRefused,
    safe_file_name,
    validate_proof,
)
from followups.services import arrivals
from letters.models import Letter
from sepo_incident.core.logs import JsonFormatter
from tests.followups.arrival_reports import ARRIVAL_POST, ARRIVED
from tests.followups.decision_answers import RESENT
from tests.followups.proof_contents import EMPTY_ZIP, JPEG, LOG, PDF, PNG, picture, xlsx, xlsx_with

pytestmark = pytest.mark.usefixtures("monday")
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("skærm.html", PNG, "skærm.png"),  # the content counts, not the name
        ("foto.JPEG", JPEG, "foto.jpg"),
        ("kvittering.pdf", PDF, "kvittering.pdf"),
        ("log.csv", LOG, "log.csv"),
        ("log", "Afleveret på e-Boks, æøå".encode(), "log.txt"),
        ("log.txt", "Afleveret".encode("utf-16"), "log.txt"),
        ("log.xlsx", xlsx(), "log.xlsx"),
    ],
)
def test_accepted_files_are_kept(name, content, kept):
    proof = validate_proof(name, content)
    assert (proof.name, proof.type) == (kept, TYPES[kept.rpartition(".")[2]])
    assert (proof.content == content) or proof.type.startswith("image/")
    assert proof.sha256 == hashlib.sha256(proof.content).hexdigest()


REFUSED = {
    "a web page called an image": (HTML, "Filen kan ikke bruges. Vælg et"),
    "a document": (xlsx_with(("word/document.xml", b"<a/>"), of=EMPTY_ZIP), "Filen kan ikke bruges. Vælg et"),
    "nothing but blanks": (b" \r\n", "Filen er tom."),
    "an image that is cut off": (PNG[: len(PNG) // 2], "beskadiget"),
    "a photograph that is cut off": (JPEG[: len(JPEG) // 2], "beskadiget"),
    "a workbook that is cut off": (xlsx()[:-30], "beskadiget"),
    "a workbook that unpacks to much": (xlsx_with(("xl/big.xml", bytes(64 * 1024**2))), "for stor"),
    "a workbook of many parts": (xlsx_with(*((f"xl/{n}.xml", b"") for n in range(1001))), "for stor"),
    "a workbook that no size is known of": (xlsx_with(("xl/a.xml", b"a"), way=zipfile.ZIP_BZIP2), "beskadiget"),
    "a workbook with a number": (xlsx("010203-1234", "Afleveret"), "CPR-nummer"),
    "a log with a number": (b"0102031234;Afleveret", "CPR-nummer"),
    "a log of everything": (b"B-00001;Afleveret\n" * 130_000, "for meget"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_unusable_files_are_refused(what):
    content, why = REFUSED[what]
    with pytest.raises(FileRefused, match=why):
        validate_proof("bevis.png", content)


def test_bomb_with_a_false_size_takes_no_memory():
    content, size, said = xlsx_with(("xl/a.xml", b"a" * 2**26)), 2**26, 100
    right, wrong = (struct.pack("<I", zlib.crc32(b"a" * long)) for long in (size, said))
    bomb = content.replace(struct.pack("<I", size), struct.pack("<I", said)).replace(right, wrong)
    tracemalloc.start()
    validate_proof("a.xlsx", bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2**20


def place(orientation: int) -> Image.Exif:
    """Return what a telephone writes into a photograph: who, which way up, and where."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Orientation] = "Karens telefon", orientation
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSDestBearing] = 55.6761
    return exif


def author() -> PngInfo:
    texts = PngInfo()
    texts.add_text("Author", "Karens telefon")
    return texts


#: picture with additional data
CUT = {
    "a web page behind it": PNG + HTML,
    "its author": picture("PNG", pnginfo=author()),
    "a place": picture("PNG", exif=place(1)),
    "a film behind it": JPEG + b"\0\0\0\x18ftypmp42 Karens telefon",
    "a remark": picture("JPEG", comment="Karens telefon"),
    "a photograph with a place": picture("JPEG", exif=place(1)),
}


@pytest.mark.parametrize("what", CUT)
def test_picture_keeps_its_pixels_and_the_hash_of_the_original(what):
    proof = validate_proof("foto", CUT[what])
    assert b"Karens" not in proof.content
    assert b"html" not in proof.content
    with Image.open(io.BytesIO(proof.content)) as kept:
        assert (kept.size, kept.getpixel((5, 5))[0] > 250, dict(kept.getexif())) == ((40, 20), True, {})
    assert proof.original_sha256 == hashlib.sha256(CUT[what]).hexdigest()


def test_photograph_is_turned_as_the_telephone_says():
    with Image.open(io.BytesIO(validate_proof("IMG_1.jpg", picture("JPEG", exif=place(6))).content)) as kept:
        assert kept.size == (20, 40)


def test_picture_of_more_pixels_than_memory_takes_is_refused(monkeypatch):
    monkeypatch.setattr(proof_files, "MAX_PIXELS", 799)
    with pytest.raises(FileRefused, match="mindre størrelse"):
        validate_proof("foto", PNG)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("010203-1234 log.txt", "log.txt"),
        ('a"; filename=b.exe\r\n.txt', "a_filename_b_exe.txt"),
        ("", "bevis.txt"),
        ("x" * 300 + ".txt", "x" * 80 + ".txt"),
    ],
)
def test_file_names_are_sanitised(name, kept):
    assert safe_file_name(name, "txt") == kept


# --- Through the page -------------------------------------------------------------------------------------------


@pytest.fixture
def sent(cast):
    services.decide(cast.plain, RESENT, cast.karen, 0)
    return Letter.objects.visible_to(cast.karen).get(pk=cast.plain.pk)


def upload(client, letter, name, content, **more):
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post(reverse("arrival", args=[letter.pk]), ARRIVAL_POST | {"text": "", "file": file} | more)


def test_log_is_accepted_and_served_as_a_download(cast, as_user, sent):
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
        ("bevis.png", HTML, {}, "Filen kan ikke bruges. Vælg et"),
        ("bevis.png", b"a" * (MAX_BYTES + 1), {}, "Den må højst fylde 10 MB"),
        ("bevis.csv", LOG, {"has_arrived": "ved-ikke"}, "Svar ja eller nej, når du vælger en fil"),
    ],
)
def test_refused_upload_explains_and_stores_nothing(cast, as_user, sent, name, content, more, why):
    response = upload(as_user(cast.karen), sent, name, content, **more)
    assert response.status_code == 422
    assert why in response.content.decode()
    assert not Arrival.objects.exists()
    assert not ProofPart.objects.exists()


def test_download_is_written_to_the_security_log(cast, as_user, sent, caplog):
    caplog.set_level("INFO", logger="sepo.security")
    karen = as_user(cast.karen)
    upload(karen, sent, "log.csv", LOG)
    said = Arrival.objects.get()
    for method in (karen.get, karen.head):
        assert method(reverse("arrival_file", args=[sent.pk, said.pk])).status_code == 200
    lines = [json.loads(JsonFormatter().format(one)) for one in caplog.records]
    fetched = [line for line in lines if line.get("event") == "proof_file_fetched"]
    assert [(line["user_id"], line["letter_id"], line["arrival_id"]) for line in fetched] == [
        (cast.karen.pk, sent.pk, said.pk)
    ]


def test_withdrawn_file_is_not_served(cast, as_user, sent):
    jens = as_user(cast.jens)
    upload(jens, sent, "forkert borger.csv", LOG, text="Loggen")
    wrong = Arrival.objects.get()
    address, file = (reverse(name, args=[sent.pk, wrong.pk]) for name in ("take_back_arrival", "arrival_file"))
    for person, refusal in ((cast.pia, 403), (cast.torben, 404)):
        assert as_user(person).post(address, {"text": "Den er forkert"}).status_code == refusal
    karen = as_user(cast.karen)
    assert "Træk filen tilbage" in karen.get(reverse("arrival", args=[sent.pk])).text
    services.undo_decision(sent, cast.karen, 1)
    services.decide(sent, replace(RESENT, remedy="NEW_LETTER", no_record_reason="Ingen sag"), cast.karen, 2)
    assert "Træk filen tilbage" in karen.get(reverse("arrival", args=[sent.pk])).text, (
        "also where it proves nothing now"
    )
    assert karen.post(address, {"text": "Den er om en anden borger"}).status_code == 302
    assert karen.get(file).status_code == 404
    for page in ("arrival", "letter", "letter_pack"):
        shown = karen.get(reverse(page, args=[sent.pk])).text
        assert "forkert borger" not in shown
        assert wrong.file_sha256 not in shown
        assert "trak filen tilbage, som skulle vise, at brevet" in shown, page
        assert "Den er om en anden borger" in shown
    pack = karen.get(reverse("letter_zip", args=[sent.pk])).getvalue()
    assert not [name for name in zipfile.ZipFile(io.BytesIO(pack)).namelist() if "bevis/" in name]


def test_uploader_may_withdraw_a_file_after_losing_rights(cast, as_user, sent):
    upload(as_user(cast.jens), sent, "log.csv", LOG)
    Letter.objects.filter(pk=sent.pk).update(leader=cast.torben)
    cast.jens.memberships.update(role="DIT_SUPPORT")
    address = reverse("take_back_arrival", args=[sent.pk, Arrival.objects.get().pk])
    assert as_user(cast.jens).post(address, {"text": "Forkert"}).status_code == 302
    assert Arrival.objects.filter(kind="TAKEN_BACK").get().by == cast.jens


def test_same_file_is_stored_once(cast, as_user, sent):
    services.decide(cast.untitled, RESENT, cast.karen, 0)
    karen = as_user(cast.karen)
    upload(karen, sent, "log.csv", LOG)
    first = Arrival.objects.get()
    again = upload(karen, sent, "andet.csv", LOG, seen=first.pk)
    assert again.status_code == 409
    assert "Filen ligger allerede på brevet: log.csv" in again.content.decode()
    arrivals.take_back_arrival(sent, first.pk, "Et andet brev", cast.karen)
    assert upload(karen, sent, "log.csv", LOG).status_code == 302  # the file no longer counted
    other = karen.post(
        reverse("arrival", args=[cast.untitled.pk]),
        ARRIVAL_POST | {"text": "", "file": SimpleUploadedFile("log.csv", LOG)},
        follow=True,
    )
    assert "Den samme fil ligger også på 1 andet brev" in other.content.decode()
    assert ProofPart.objects.count() == 1


def test_proof_of_a_personnel_case_needs_read_access(cast, as_user):
    services.decide(cast.personnel, RESENT, cast.karen, 0)
    said = arrivals.ArrivalReport(**{**vars(ARRIVED), "text": "", "file": validate_proof("sygdom.csv", LOG)})
    address = reverse(
        "arrival_file", args=[cast.personnel.pk, arrivals.record_arrival(cast.personnel, said, cast.karen, 0).pk]
    )
    for person in ("hanne", "birgitte", "mette"):
        client = as_user(getattr(cast, person))
        reads = person == "hanne"
        assert client.get(address).status_code == (200 if reads else 404), person
        for name in ("arrival", "letter"):
            shown = client.get(reverse(name, args=[cast.personnel.pk])).content.decode()
            assert ("sygdom.csv" in shown) is reads, (person, name)
