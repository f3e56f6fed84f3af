"""Receipts as systems deliver them: what is read, and what is refused."""

import base64
import json
import random
from io import StringIO

import pytest
from django.core.management import call_command

from letters.tracking.receipt_formats import MAX_BYTES, read_receipt

DELIVERED, FAILED, RECEIVED = (
    "f7161a89-5068-4023-bc80-d7f4daad2a2e",
    "e225a75c-4b63-46c4-9423-77f5c8762445",
    "eb866ca2-b871-4387-b501-12cde577bd58",
)
MESSAGE, TRANSMISSION = "5f3c0e52-6a0b-4d0e-9c2f-0b1f6d1c0a01", "1d2e3f40-6a0b-4d0e-9c2f-0b1f6d1c0a02"
ERROR = "<FejlDetaljer><FejlKode>{code}</FejlKode><FejlTekst>{text}</FejlTekst></FejlDetaljer>"


def pko(status="Afleveret Digital Post", at="2020-01-07T09:14:22", extra="", uuid=MESSAGE):
    return (
        '<PKO_PostStatus xmlns="http://serviceplatformen.dk/xml/print/PKO_PostStatus/1/types">'
        f"<TransmissionId>{TRANSMISSION}</TransmissionId><MessageUUID>{uuid}</MessageUUID>"
        f"<KanalKode>Digital Post</KanalKode><TransaktionsDatoTid>{at}</TransaktionsDatoTid>"
        f"<TransaktionsStatusKode>{status}</TransaktionsStatusKode>{extra}</PKO_PostStatus>"
    )


def push(code, *receipts):
    """Return what Beskedfordeler sends."""
    data = "".join(f"<b:Base64>{base64.b64encode(one.encode()).decode()}</b:Base64>" for one in receipts)
    return (
        '<ModtagBeskedInput xmlns="urn:oio:sts:1.0.0"><k:Haendelsesbesked xmlns:k="urn:oio:besked:kuvert:1.0" '
        'xmlns:s="urn:oio:sagdok:3.0.0" xmlns:b="urn:besked:kuvert:1.0"><k:Beskedkuvert><k:Filtreringsdata>'
        f"<k:ObjektRegistrering><k:ObjektHandling><s:UUIDIdentifikator>{code}</s:UUIDIdentifikator></k:ObjektHandling>"
        f"</k:ObjektRegistrering></k:Filtreringsdata></k:Beskedkuvert><k:Beskeddata>{data}</k:Beskeddata>"
        "</k:Haendelsesbesked></ModtagBeskedInput>"
    )


def ngdp(**other):
    return json.dumps({"transmissionId": TRANSMISSION, "messageUuid": MESSAGE, "receiptStatus": "COMPLETED"} | other)


def read(text):
    return read_receipt(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    ("message", "form", "final", "delivered"),
    [
        (pko(), "pko", True, True),
        (pko("afleveret_digital_post"), "pko", True, True),
        (pko(DELIVERED), "pko", True, True),
        (pko("Modtaget Digital Post"), "pko", False, False),
        (pko("Fejlet", extra=ERROR.format(code="7", text="Ukendt modtager")), "pko", True, False),
        (pko("Tilbagekaldt"), "pko", True, False),
        (pko("Modtaget Post Danmark"), "pko", False, False),
        (pko("Noget nyt"), "pko", False, False),
        (base64.encodebytes(pko().encode()), "pko", True, True),
        (push(DELIVERED, pko()), "beskedfordeler", True, True),
        (push(RECEIVED, pko("Modtaget Digital Post")), "beskedfordeler", False, False),
        (ngdp(), "ngdp", True, True),
        (ngdp(receiptStatus="RECEIVED"), "ngdp", False, False),
        (ngdp(receiptStatus="INVALID", errorCode="memo.invalid"), "ngdp", True, False),
        (ngdp(receiptStatus="NOT_ALLOWED"), "ngdp", True, False),
        (ngdp(receiptStatus="LATER"), "ngdp", False, False),
        (ngdp().encode("utf-16"), "ngdp", True, True),
    ],
)
def test_status_says_whether_the_letter_is_delivered(message, form, final, delivered):
    receipt = read(message)
    assert (receipt.problem, receipt.format, receipt.final, receipt.delivered) == (None, form, final, delivered)
    assert (receipt.message_uuid, receipt.transmission_id) == (MESSAGE, TRANSMISSION)


@pytest.mark.parametrize(
    ("message", "final"),
    [
        (push(FAILED, pko()), True),
        (push(DELIVERED, pko("Fejlet")), True),
        (push(DELIVERED, pko("Modtaget Digital Post")), False),
        (push(RECEIVED, pko()), False),
        (push("00000000-0000-4000-8000-000000000000", pko()), False),
        (pko(extra=ERROR.format(code="500", text="Intern fejl")), True),
        (ngdp(errorCode="memo.invalid"), True),
    ],
)
def test_a_receipt_that_contradicts_itself_delivers_nothing(message, final):
    receipt = read(message)
    assert (receipt.problem, receipt.final, receipt.delivered) == (None, final, False)


def test_an_error_code_of_zeros_is_no_error():
    receipt = read(pko(extra=ERROR.format(code="0", text="")))
    assert (receipt.delivered, receipt.error) == (True, "")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2020-01-07T09:14:22", "2020-01-07T09:14:22+01:00"),
        ("2020-07-07T09:14:22", "2020-07-07T09:14:22+02:00"),
        ("2020-01-07T08:14:22Z", "2020-01-07T08:14:22+00:00"),
        ("", ""),
    ],
)
def test_a_time_without_a_zone_is_danish(at, expected):
    assert read(pko(at=at)).at == expected


@pytest.mark.parametrize(
    ("message", "form", "problem"),
    [
        (b"", "other", "tom"),
        ("hej", "other", "hverken"),
        ("42", "other", "hverken"),
        ('["x"]', "other", "kender"),
        ("<html/>", "other", "kender"),
        (f"<a>{pko()}{pko()}</a>", "other", "flere beskeder"),
        (pko() + pko(), "other", "én besked"),
        (push(DELIVERED, pko(), pko()), "beskedfordeler", "flere beskeder"),
        (push(DELIVERED), "beskedfordeler", "ingen kvittering"),
        (push(DELIVERED, "<Andet/>"), "beskedfordeler", "anden type"),
        (f"[{ngdp()},{ngdp()}]", "other", "flere beskeder"),
        (ngdp() + "\n" + ngdp(), "other", "flere beskeder"),
        (ngdp()[:-1] + ', "messageUuid": "en anden"}', "ngdp", "flere måder"),
        (pko(extra="<MessageUUID>en anden</MessageUUID>"), "pko", "flere måder"),
        (pko(status=""), "pko", "hvad der skete"),
        (pko(at="i går"), "pko", "tidspunkt"),
        ('{"receiptStatus": "COMPLETED"}', "ngdp", "hvilket brev"),
        ('<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + pko(uuid="&e;"), "other", "DTD"),
        ("<a>" * 100_000, "other", "gyldig XML"),
        ("[" * 100_000, "other", "gyldig JSON"),
        (b"\xff\xfe\x00", "other", "tegn"),
        (b" " * (MAX_BYTES + 1), "other", "for stor"),
    ],
)
def test_what_is_no_single_receipt_is_refused(message, form, problem):
    receipt = read(message)
    assert problem in receipt.problem
    assert (receipt.format, receipt.final, receipt.delivered, receipt.message_uuid) == (form, False, False, "")


def test_cpr_numbers_are_masked():
    receipt = read(pko("Fejlet", extra=ERROR.format(code="7", text="070761-4285 findes ikke"), uuid="0707614285"))
    assert "4285" not in str(receipt)
    assert "findes ikke" in receipt.error


def test_no_damage_makes_the_reader_stumble_or_deliver():
    """Receipts with a byte cut out, changed or doubled are read as they are, or refused."""
    chance = random.Random(29)
    for whole in (pko("Fejlet"), push(FAILED, pko("Fejlet")), ngdp(receiptStatus="INVALID")):
        for _ in range(400):
            data, at = bytearray(whole.encode()), chance.randrange(len(whole))
            data[at : at + 1] = chance.choice([b"", bytes([chance.randrange(256)]), data[at : at + 1] * 2, b"<", b'"'])
            assert not read(bytes(data)).delivered


def test_command_prints_a_line_for_each_file(tmp_path):
    good, bad, missing = tmp_path / "ok.xml", tmp_path / "forkert.bin", tmp_path / "findes-ikke.json"
    good.write_text(pko())
    bad.write_bytes(bytes(range(256)))
    output = StringIO()
    call_command("read_receipt", good, bad, missing, json=True, stdout=output)
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [(line["file"], line["delivered"], line["problem"] is None) for line in lines] == [
        (str(good), True, True),
        (str(bad), False, False),
        (str(missing), False, False),
    ]
