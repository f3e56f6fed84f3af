"""The file of a closing certificate: any changed byte is named, and so are sums that do not agree."""

import random

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from followups.reporting.certificate_file import (
    LETTERS,
    LETTERS_HEADER,
    LISTS,
    LISTS_HEADER,
    NOT_A_CERTIFICATE,
    TOTAL,
    CertificateTable,
    verify_certificate,
    write_certificate,
)

FACTS = [("Hændelse", "Sikker post, der ikke kom frem"), ("Lukket", "20. januar 2020 kl. 10.12")]
UNITS = [
    ("Svalevejens Skole", "29", "20", "5", "2", "1", "1"),
    ("Område Nørrebro", "1.003", "1.000", "0", "3", "0", "0"),
    (TOTAL, "1.032", "1.020", "5", "5", "1", "1"),
]
LIST_ROWS = [("liste-1.xlsx", "7. januar 2020", "1.030"), ("liste-2.xlsx", "8. januar 2020", "2")]
SECTIONS = [CertificateTable(LETTERS, LETTERS_HEADER, UNITS), CertificateTable(LISTS, LISTS_HEADER, LIST_ROWS)]
CERTIFICATE = write_certificate(FACTS, SECTIONS).encode()


def line_of(position):
    return CERTIFICATE[:position].count(b"\n") + 1


def test_written_certificate_is_intact_and_readable():
    assert verify_certificate(CERTIFICATE).faults == []
    assert "Svalevejens Skole | 29 | 20 | 5 | 2 | 1 | 1" in CERTIFICATE.decode()


def test_every_changed_byte_is_named_and_nothing_else():
    chance = random.Random(7)
    last = CERTIFICATE.count(b"\n")
    for position in range(len(CERTIFICATE)):
        changed = bytearray(CERTIFICATE)
        changed[position] ^= 1 << chance.randrange(8)
        verdict = verify_certificate(bytes(changed))
        named, line = " ".join(verdict.faults), line_of(position)
        assert verdict.faults, f"byte {position} in line {line}"
        if CERTIFICATE[position : position + 1] == b"\n" or b"\n" in changed[position : position + 1]:
            continue  # two lines became one, or one became two: several sentences
        assert len(verdict.faults) == 1, (position, verdict.faults)
        assert f"Linje {line} " in named or (line == last and "sidste linje" in named), (position, named)


@pytest.mark.parametrize("gone", range(1, CERTIFICATE.count(b"\n")))
def test_missing_line_is_named(gone):
    lines = CERTIFICATE.splitlines(keepends=True)
    left = b"".join(lines[: gone - 1] + lines[gone:])
    verdict = verify_certificate(left)
    is_named = gone < len(lines) - 1
    assert verdict.faults == [f"Linje {gone} mangler." if is_named else "Aftrykket i sidste linje er ændret."]


def test_moved_and_added_lines_are_named():
    lines = CERTIFICATE.splitlines(keepends=True)
    moved = [*lines[:5], lines[6], lines[5], *lines[7:]]
    assert not verify_certificate(b"".join(moved)).is_intact
    added = [*lines[:5], b"En ny linje\n", *lines[5:]]
    assert verify_certificate(b"".join(added)).faults == ["Linje 6 er ændret eller sat ind: »En ny linje«"]


def test_rewritten_file_has_another_fingerprint():
    units = [("Svalevejens Skole", "29", "21", "5", "2", "1", "0"), *UNITS[1:]]
    rewritten = write_certificate(FACTS, [CertificateTable(LETTERS, LETTERS_HEADER, units)]).encode()
    assert verify_certificate(rewritten).fingerprint != verify_certificate(CERTIFICATE).fingerprint


def test_command_compares_the_fingerprint(tmp_path, capsys):
    """Somebody who makes a whole new file can make its hashes too."""
    units = [
        ("Svalevejens Skole", "29", "21", "5", "2", "1", "0"),
        UNITS[1],
        (TOTAL, "1.032", "1.021", "5", "5", "1", "0"),
    ]
    (tmp_path / "bevis.txt").write_bytes(CERTIFICATE)
    (tmp_path / "andet.txt").write_text(write_certificate(FACTS, [CertificateTable(LETTERS, LETTERS_HEADER, units)]))
    call_command("verify_certificate", str(tmp_path / "andet.txt"))
    fingerprint = verify_certificate(CERTIFICATE).fingerprint
    call_command("verify_certificate", str(tmp_path / "bevis.txt"), fingerprint=fingerprint.upper())
    assert "✓ Beviset er det, der blev udstedt." in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("verify_certificate", str(tmp_path / "andet.txt"), fingerprint=fingerprint)
    assert "✗ Aftrykket er et andet." in capsys.readouterr().out


@pytest.mark.parametrize("times", [0, 2])
def test_letters_of_the_units_stand_once(times):
    faults = verify_certificate(write_certificate(FACTS, SECTIONS[:1] * times).encode()).faults
    assert faults == ["Enhedernes breve skal stå præcis én gang."]


@pytest.mark.parametrize(
    ("row", "cell", "value", "fault"),
    [
        (0, 2, "19", "Tallene for Svalevejens Skole går ikke op: 29 er ikke 19 + 5 + 2 + 1 + 1."),
        (2, 6, "0", "Tallene for I alt går ikke op: 1032 er ikke 1020 + 5 + 5 + 1 + 0."),
    ],
)
def test_sums_that_do_not_agree_are_named(row, cell, value, fault):
    units = [list(one) for one in UNITS]
    units[row][cell] = value
    wrong = write_certificate(FACTS, [CertificateTable(LETTERS, LETTERS_HEADER, units)])
    assert fault in verify_certificate(wrong.encode()).faults


@pytest.mark.parametrize("number", ["mange", "²", "٢٠", "1" * 5000, "1.00"])
def test_words_for_a_number_are_named(number):
    units = [("Svalevejens Skole", "29", number, "5", "2", "1", "1"), UNITS[2]]
    wrong = write_certificate(FACTS, [CertificateTable(LETTERS, LETTERS_HEADER, units)])
    assert "Tallene for Svalevejens Skole kan ikke læses." in verify_certificate(wrong.encode()).faults


def test_lists_and_units_must_have_as_many_letters():
    sections = [SECTIONS[0], CertificateTable(LISTS, LISTS_HEADER, LIST_ROWS[:1])]
    faults = verify_certificate(write_certificate(FACTS, sections).encode()).faults
    assert faults == ["Listernes breve og enhedernes breve er ikke lige mange."]


@given(st.binary(max_size=300))
def test_other_files_are_refused_in_danish(content):
    assert verify_certificate(content).faults == [NOT_A_CERTIFICATE]


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_survives_in_a_cell(name, value):
    sections = [SECTIONS[0], CertificateTable("TILTAG", ("Tiltag", "Ejer"), [(name, value)])]
    assert verify_certificate(write_certificate([("Titel", name)], sections).encode()).is_intact
