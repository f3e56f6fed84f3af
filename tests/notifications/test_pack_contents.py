"""*Dokumentation*: the evidence of a letter, reproducible, complete by checksums, and for authorised readers only."""

import io
import json
import logging
import random
import subprocess
import tracemalloc
import zipfile

import pytest
from django.urls import reverse

from followups import services
from followups.proof_files import validate_proof
from letters.models import Letter
from notifications.evidence_pack import evidence_pack_views, pack_contents
from notifications.evidence_pack.pack_contents import stream_zip
from notifications.models import Notice
from sepo_incident.core.logs import JsonFormatter
from tests.factories import at
from tests.followups.decision_answers import REVIEW_OPEN
from tests.notices import delivery_to
from tests.notifications.evidence_packs import LOG, zip_contents

pytestmark = pytest.mark.usefixtures("monday")


def fetch_file(client, name, pk) -> bytes:
    response = client.get(reverse(name, args=[pk]))
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment; filename=")
    return response.getvalue()


def test_letter_pack_is_complete_and_reproducible(cast, as_user, monday, proven_letter, tmp_path):
    pack = fetch_file(as_user(cast.karen), "letter_zip", proven_letter.pk)
    monday.move_to(at(2020, 2, 3, 9))
    assert fetch_file(as_user(cast.jens), "letter_zip", proven_letter.pk) == pack, "nobody's «Du», and no clock"
    files = zip_contents(pack)
    folder = pack_contents.letter_folder(proven_letter)
    assert [name for name in files if name.startswith("mails/") and name.endswith("-foerste-besked.eml")]
    mail = delivery_to(cast.karen).notice
    log = next(name for name in files if name.endswith("log.csv"))
    assert list(files) == [
        "laes-mig.txt",
        f"{folder}/oplysninger.txt",
        log,
        pack_contents.mail_path(mail),
        "SHA256SUMS",
    ]
    assert files[log] == LOG
    text = files[f"{folder}/oplysninger.txt"].decode()
    for said in (
        f"Brev-id: {proven_letter.source_ref}",
        f"Emne: {proven_letter.subject}",
        "Kommet frem: Ja, den 9. januar 2020",
        "Hvad der sker med brevet: Brevet er sendt igen",
        "Mandag den 13. januar 2020 kl. 10.00: Karen Bülow Møller besluttede at sende det samme brev igen.",
        "er kommet frem den 9. januar 2020 (filen log.csv): »Loggen nævner brevet«",
        f"{log}: Logudtræk eller skærmbillede, lagt mandag den 13. januar 2020",
        f"{pack_contents.mail_path(mail)}: Første besked",
    ):
        assert said in text
    assert mail.message_id.encode() in files[pack_contents.mail_path(mail)]
    with zipfile.ZipFile(io.BytesIO(pack)) as packed:
        packed.extractall(tmp_path)
    checked_by = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=tmp_path, capture_output=True)
    assert checked_by.returncode == 0, checked_by
    assert checked_by.stdout.count(b": OK") == len(files) - 1


def test_pack_says_the_status_of_the_letters_page(cast, as_user):
    services.decide(cast.plain, REVIEW_OPEN, cast.karen, version=0)
    assert "Mangler svar" in as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).text
    pack = zip_contents(fetch_file(as_user(cast.karen), "letter_zip", cast.plain.pk))
    folder = pack_contents.letter_folder(cast.plain)
    assert "Status: Mangler svar" in pack[f"{folder}/oplysninger.txt"].decode()


def test_print_page_has_the_facts_of_the_pack(cast, as_user, proven_letter):
    shown = as_user(cast.jens).get(reverse("letter_pack", args=[proven_letter.pk])).content.decode()
    for said in (
        proven_letter.source_ref,
        "Udskriv / gem som PDF",
        "Karen Bülow Møller besluttede at sende det samme brev igen.",
        f"SHA-256: {validate_proof('log.csv', LOG).sha256}",
        "Første besked:",
    ):
        assert said in shown
    letter = as_user(cast.jens).get(reverse("letter", args=[proven_letter.pk])).content.decode()
    assert reverse("letter_pack", args=[proven_letter.pk]) in letter
    board = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk])).content.decode()
    assert reverse("unit_pack", args=[cast.svalevej.pk]) in board


def test_unreadable_personnel_cases_are_left_out_with_a_note(cast, as_user, proven_letter):
    left_out = "1 personalesag er udeladt, for kun afsenderen, brevets leder og Personalejura må læse den."
    for person, letters in ((cast.jens, 5), (cast.birgitte, 4)):
        client = as_user(person)
        page = client.get(reverse("unit_pack", args=[cast.svalevej.pk])).content.decode()
        files = zip_contents(fetch_file(client, "unit_zip", cast.svalevej.pk))
        told = files["laes-mig.txt"].decode()
        words = b"".join(files.values()).decode("utf-8", "replace") + page
        assert sum(name.endswith("oplysninger.txt") for name in files) == letters
        assert f"Breve: {letters}" in told
        for said in (told, page):
            assert (left_out in said) is (letters == 4)
        assert ("sygefraværssamtale" in words) is (letters == 5)
        assert len([name for name in files if name.endswith("log.csv")]) == letters - 3
    for name in ("letter_pack", "letter_zip"):
        assert as_user(cast.birgitte).get(reverse(name, args=[cast.personnel.pk])).status_code == 403
        assert as_user(cast.torben).get(reverse(name, args=[cast.personnel.pk])).status_code == 404


def test_pack_of_personalejura_has_personnel_cases_only(cast, as_user, proven_letter):
    client = as_user(cast.hanne)
    files = zip_contents(fetch_file(client, "unit_zip", cast.svalevej.pk))
    assert sum(name.endswith("oplysninger.txt") for name in files) == 1
    words = b"".join(files.values()).decode("utf-8", "replace")
    assert "sygefraværssamtale" in words
    assert "Pjece" not in words
    page = client.get(reverse("unit_pack", args=[cast.svalevej.pk])).content.decode()
    for said in (files["laes-mig.txt"].decode(), page):
        assert "Kun personalesager og breve, som Personalejura er spurgt om, er med." in said
    assert client.get(reverse("letter_zip", args=[proven_letter.pk])).status_code == 404


def test_mail_with_an_unreadable_subject_is_left_out(cast, as_user, proven_letter):
    """The subject was sent before the letter became a personnel case."""
    Letter.objects.filter(pk=cast.soon.pk).update(is_personnel_case=True)
    mails = [
        name
        for name in zip_contents(fetch_file(as_user(cast.birgitte), "letter_zip", proven_letter.pk))
        if "mails/" in name
    ]
    assert mails == []
    assert Notice.objects.filter(receiver=cast.karen).exists()
    Letter.objects.filter(pk=cast.soon.pk).update(leader=cast.torben)  # Jens had a copy, and a pack may be passed on
    mails = [
        name
        for name in zip_contents(fetch_file(as_user(cast.jens), "letter_zip", proven_letter.pk))
        if "mails/" in name
    ]
    assert mails == []


def test_fetching_a_pack_is_logged(cast, as_user, proven_letter, caplog):
    caplog.set_level(logging.INFO, logger="sepo.security")
    client = as_user(cast.jens)
    for name, pk in (
        ("letter_pack", proven_letter.pk),
        ("letter_zip", proven_letter.pk),
        ("unit_zip", cast.svalevej.pk),
    ):
        client.get(reverse(name, args=[pk]))
    lines = [json.loads(JsonFormatter().format(one)) for one in caplog.records if one.name == "sepo.security"]
    said = [(line["event"], line["user_id"], line.get("letter_id"), line.get("unit_id")) for line in lines]
    assert said == [
        ("evidence_pack_shown", cast.jens.pk, proven_letter.pk, None),
        ("evidence_pack_fetched", cast.jens.pk, proven_letter.pk, None),
        ("evidence_pack_fetched", cast.jens.pk, None, cast.svalevej.pk),
    ]


def test_zip_is_streamed_with_bounded_memory():
    """16 MiB of incompressible data, and never more than a few parts in memory."""
    part = random.Random(2019).randbytes(2**20)
    tracemalloc.start()
    sent = sum(len(some) for some in stream_zip((f"{n}.bin", [part] * 8) for n in range(2)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent > 16 * 2**20
    assert peak < 6 * 2**20


def test_unit_page_is_paginated_and_refuses_a_zip_of_too_many_letters(cast, as_user, monkeypatch):
    monkeypatch.setattr(evidence_pack_views, "LETTERS_PER_PAGE", 3)
    client, address = as_user(cast.birgitte), reverse("unit_pack", args=[cast.buf.pk])
    first = client.get(address)
    assert len(first.context["page_obj"]) == 3
    assert "Hent som zip" in first.text
    monkeypatch.setattr(evidence_pack_views, "MAX_LETTERS", 4)
    assert "for hver underenhed" in client.get(address).text
    assert client.get(reverse("unit_zip", args=[cast.buf.pk])).url == address
