"""`benchmarks/walk.py`: what the walk writes down, and what a comparison finds."""

import io
import sys
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
import walk
import walk_browser
import walk_text


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("http://127.0.0.1:18760/brev/7/", "http://demo.example/brev/7/"),
        (f'name="csrfmiddlewaretoken" value="{"aB3" * 21}z"', 'name="csrfmiddlewaretoken" value="<csrf token>"'),
        ("Set-Cookie: sepo_session=abc123; Path=/", "Set-Cookie: sepo_session=<cookie>; Path=/"),
        (f"Message-ID: <{'ab' * 14}@kit.example>", "Message-ID: <<message id>@kit.example>"),
        (f"bounce+17-{'0a' * 10}@kit.example", "bounce+17-<key>@kit.example"),
        ("Læst på 1,2 s", "Læst på <seconds>"),
        ("3.400 breve, 17 i dag, journalnummer 2026-17", "3.400 breve, 17 i dag, journalnummer 2026-17"),
    ],
)
def test_only_random_values_are_normalized(text, normalized):
    assert walk_text.normalize(text, {"127.0.0.1:18760": "demo.example"}) == normalized


def test_a_comparison_names_what_differs(tmp_path):
    recordings = [walk_text.Recording(tmp_path / name, {}) for name in ("before", "after")]
    for recording in recordings:
        recording.write("kit/front", "Breve")
        recording.write("kit/brev", "En frist")
    assert walk_text.compare(tmp_path / "before", tmp_path / "after") == []

    recordings[0].write("kit/brev", "Et svar")
    recordings[1].write("kit/front", "Breve")
    (tmp_path / "after/kit/brev.txt").write_text("Ingen frist")
    lines = walk_text.compare(tmp_path / "before", tmp_path / "after")
    assert [line for line in lines if line.startswith("Only in")] == [
        f"Only in {tmp_path / 'before'}: kit/brev-2.txt",
        f"Only in {tmp_path / 'after'}: kit/front-2.txt",
    ]
    assert lines[-2:] == ["-En frist", "+Ingen frist"]


def test_addresses_of_one_kind_differ_in_numbers_only():
    assert walk.kind_of("/brev/7/?fra=3") == walk.kind_of("/brev/812/?fra=4") == ("/brev/N/?fra=N", 1)
    assert walk.kind_of("/enhed/3/?sort=sent") != walk.kind_of("/enhed/3/?sort=-sent")
    assert (
        walk.kind_of("/enhed/3/?sort=sent&page=2") == walk.kind_of("/enhed/4/?sort=navn&page=3") == ("/enhed/N/?…", 2)
    )


def test_a_page_leads_to_its_links_parts_and_forms():
    body = """<a href="/brev/7/#top">Brev</a> <a href="https://kit.example/">Ud</a>
    <i hx-get="?del=1" hx-target="#del"></i>
    <input name="valgt" type="checkbox" value="3" form="f"><form id="f" method="post" action="gem/">
    <select name="frist"><option value="">Ingen</option><option value="1" selected>En</option></select>
    <textarea name="note">\nTekst</textarea><button name="do" value="keep">Gem</button></form>"""
    headers = [("Content-Type", "text/html")]
    page = walk_browser.Page(walk_browser.Response("/mine-breve/", 200, headers, body.encode()))
    assert page.links == {("/brev/7/", ""), ("/mine-breve/?del=1", "#del")}
    (form,) = page.forms
    assert (form.action, form.buttons) == ("gem/", [("do", "keep", "")])
    assert form.values() == [("frist", "1"), ("note", "Tekst")]
    assert form.filled_values(Path("list.xlsx")) == [("valgt", "3"), ("frist", "1"), ("note", "Tekst")]


def test_a_workbook_and_a_mail_are_recorded_as_text():
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.active["B2"] = "Børn"
    book.save(content)
    assert "B2 'Børn' General" in walk_text.to_text(content.getvalue())

    mail = EmailMessage()
    mail["Subject"] = "Husk tre breve, der mangler – på fredag"
    mail.set_content("Kære Ægir\n")
    text = walk_text.to_text(mail.as_bytes())
    assert "(Husk tre breve, der mangler – på fredag)" in text
    assert "Kære Ægir" in text
