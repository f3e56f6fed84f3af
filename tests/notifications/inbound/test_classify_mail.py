"""`manage.py classify_mail`: output for people and for programs, without a database."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

SAMPLES = Path(__file__).parent / "samples"


def test_json_output_has_a_line_per_file(capsys):
    files = [str(SAMPLES / "cpr_in_reply.eml"), str(SAMPLES / "away_da.eml")]
    call_command("classify_mail", *files, json=True)
    bounce, away = map(json.loads, capsys.readouterr().out.splitlines())
    assert bounce == {
        "file": files[0],
        "kind": "bounce",
        "recipients": [
            {
                "address": "eva@kk.example",
                "outcome": "failed",
                "status": "5.6.0",
                "reason": "554 subject holds ●●●●●●-●●●● and is refused",
                "spam": False,
            }
        ],
        "message_id": "",
        "token": "26-0a1b2c3d4e5f60718293",
    }
    assert (away["kind"], away["recipients"]) == ("auto_reply", [])


def test_default_output_is_danish(capsys):
    call_command("classify_mail", str(SAMPLES / "spam_policy.eml"), str(SAMPLES / "away_da.eml"))
    assert capsys.readouterr().out.splitlines() == [
        "spam_policy.eml: kom ikke frem",
        "  eva@kk.example: ikke leveret som spam – 5.7.1 550 5.7.1 refused for policy reasons, this looks like spam",
        "away_da.eml: automatisk svar (væk til 20.01.2020)",
    ]


def test_unreadable_files_are_reported_and_others_classified(capsys, tmp_path):
    with pytest.raises(CommandError, match=r"findes-ikke\.eml« kan ikke åbnes[\s\S]+samples« kan ikke åbnes"):
        call_command("classify_mail", "findes-ikke.eml", str(SAMPLES), str(SAMPLES / "qmail.eml"))
    assert capsys.readouterr().out.startswith("qmail.eml: kom ikke frem\n")
