"""A list with everything hostile in every column: what is stored, what the pages show, what stands in the mail."""

import csv
import io
import re
from itertools import product

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from followups import services
from letters.importing import batches, plan
from letters.models import ImportBatch, ImportRow, Letter
from letters.samples import COLUMNS
from notifications import mime
from notifications.models import Delivery, Notice
from sepo_incident import cpr
from sepo_incident.accounts.models import Unit, User
from tests.letters.awkward import hostile, readable
from tests.letters.lists import row
from tests.notifications.conftest import request, write

pytestmark = pytest.mark.django_db

CPR = ("010270-1234", "0102701234", "010270 1234", "01.02.70-1234", "01-02-1970 1234", "610270–1234", "19700201-1234")
#: Each as it stands in a cell. The CPR numbers come with what people write around them.
HOSTILE = [
    "=HYPERLINK(\"http://ond.example\",\"klik\")", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "</textarea></title>",
    "Karen\r\nBcc: ond@ond.example", "a\rb", "karen@kk.example\r\nBcc: ond@ond.example", "a\u2028b\u0085c\x0bd",
    "x" * 5000, "vend\u202eom\u2066", "usyn\u200b\ufeffligt", "nul\x00tegn", "halv\udc80",
    "😀 𝒳 👩‍👩‍👧", "e\u0301\u0323" * 40, "{{ 7*7 }}", "{% debug %}", "%s %(x)s %d", "\\N", "\\.", "\\x00", "${7*7}",
    "'; DROP TABLE letters_letter; --", "../../etc/passwd", "#N/A", "NULL", "–" * 300, "ﷺ" * 200,
    *(f"Vedr. {number}, haster" for number in CPR),
]  # fmt: skip
FIELDS = [name.replace(" ", "_").replace("-", "_") for name in COLUMNS]
NAMED = ("imports", "unassigned", "incident", "notices", "boards")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def hostile_list() -> bytes:
    """One cell of a row at a time, so that each meets the rules of its column and nothing else is wrong."""
    content = io.StringIO()
    writer = csv.writer(content, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for number, (field, text) in enumerate(product(FIELDS, HOSTILE), start=1):
        cells = row(number, **{field: text})
        writer.writerow(cells.values())
    return content.getvalue().encode("utf-8-sig", "surrogateescape")


@pytest.fixture
def rings(monkeypatch):
    tasks = {"letters.tasks.read_batch": batches.read, "letters.tasks.commit_batch": batches.commit}
    monkeypatch.setattr("sepo_incident.bells.ring", lambda task, args: tasks[task](*args))


@pytest.fixture
def taken_in(cast, take_in, caplog):
    batch = take_in(hostile_list())
    assert batch.status == ImportBatch.Status.COMMITTED, batch.refusal
    services.open_for(cast.incident)
    write(request(cast.incident))
    assert_harmless(caplog.text.replace("\n", " "), "the log")
    return batch


def assert_harmless(text: str, where: str) -> None:
    """No CPR number of the list, and nothing that hides or breaks a line."""
    for number in CPR:
        assert number not in text, (where, number)
    assert not (found := _CONTROL.search(text)), (where, found and hex(ord(found[0])))


def test_every_row_is_accounted_for(taken_in):
    counts = plan.count(taken_in)
    assert counts.rows == len(FIELDS) * len(HOSTILE)
    assert counts.rows == counts.new + counts.known + counts.changed + counts.rejected
    assert counts.new > 200
    assert counts.rejected > 100
    assert Letter.objects.filter(batch=taken_in).count() == counts.new


def test_what_is_stored_is_harmless(taken_in):
    for model in (ImportBatch, ImportRow, Letter, User, Unit, Notice):
        for values in model.objects.values():
            for name, value in values.items():
                if name not in ("text", "html"):  # of a notice: lines are broken there on purpose
                    assert_harmless(str(value), f"{model.__name__}.{name}")
    assert not any(cpr.holds_cpr(letter.subject) for letter in Letter.objects.all())
    assert max(len(letter.subject) for letter in Letter.objects.all()) == 500


def test_what_looks_like_code_is_a_text(taken_in):
    subjects = set(taken_in.letters.values_list("subject", flat=True))
    assert {"{{ 7*7 }}", "%s %(x)s %d", "\\N", "\\.", "'; DROP TABLE letters_letter; --", "=1+1"} <= subjects
    assert "Karen Bcc: ond@ond.example" in subjects
    assert "<script>alert(1)</script>" in subjects
    assert not User.objects.filter(email__contains="ond.example").exists()


def pages(batch: ImportBatch, cast) -> list[tuple[User, str]]:
    """Who looks at which page: all rows on the check page, and letters as sender, leader and KIT see them."""
    last = (plan.count(batch).rows - 1) // 20 + 1
    check = reverse("import_batch", args=[batch.pk])
    seen = [(cast.mette, f"{check}?vis=alle&page={number}") for number in range(1, last + 1)]
    seen += [(cast.mette, f"{check}?vis=afviste"), *[(cast.mette, reverse(name)) for name in NAMED]]
    hostile_units = Unit.objects.exclude(letters=None).order_by("-pk")[:10]
    seen += [(cast.mette, reverse("board", args=[unit.pk])) for unit in hostile_units]
    for what, lacking in (("leder", {"leader": None}), ("afsender", {"sender": None})):
        alone = batch.letters.filter(**lacking).first()
        seen.append((cast.mette, reverse("unassigned_group", args=[what, alone.pk])))
    for who, every in ((cast.karen, 20), (cast.jens, 60), (cast.mette, 60)):
        letters = batch.letters.order_by("pk")[::every]
        seen += [(who, reverse("my_letters")), *[(who, reverse("letter", args=[one.pk])) for one in letters]]
    return [*seen, (cast.karen, reverse("notice", args=[Notice.objects.get(sender=cast.karen).pk]))]


def test_every_page_shows_it_harmlessly(taken_in, cast, as_user):
    shown = []
    for who, address in pages(taken_in, cast):
        page = as_user(who).get(address, follow=True)
        assert page.status_code == 200, (who, address)
        source = page.content.decode()
        assert_harmless(re.sub(r"\s", " ", source), address)
        for tag in ("<script>alert", "<img src=x", "</textarea></title>", 'href="javascript:', "<b>49</b>"):
            assert tag not in source, (address, tag)
        shown.append(source)
    assert any("{{ 7*7 }}" in source for source in shown)
    assert any("&lt;script&gt;alert(1)&lt;/script&gt;" in source for source in shown)
    assert any(cpr.MASK in source for source in shown)


def test_the_mail_is_one_mail_to_two_people(taken_in, cast):
    notice = Notice.objects.filter(sender=cast.karen).latest("pk")
    raw = mime.build(notice, Delivery.objects.filter(notice=notice).select_related("recipient"))
    head, _, _ = raw.partition(b"\r\n\r\n")
    assert b"\r\nBcc:" not in head
    assert b"ond.example" not in head
    assert {one.recipient for one in notice.deliveries.all()} == {cast.karen, cast.jens}
    for text in (notice.text, notice.html, notice.subject):
        assert_harmless(text.replace("\n", " "), "the mail")
    assert "<script>alert" not in notice.html
    assert "&lt;script&gt;alert(1)" in notice.html
    assert "{{ 7*7 }}" in notice.text


@pytest.mark.parametrize("files", [readable.FILES, hostile.FILES], ids=["readable", "hostile"])
def test_no_file_breaks_the_upload_page(cast, as_user, rings, django_capture_on_commit_callbacks, files):
    kit = as_user(cast.mette)
    before = Letter.objects.count()
    for name, file in files.items():
        with django_capture_on_commit_callbacks(execute=True):
            answer = kit.post(reverse("imports"), {"fil": SimpleUploadedFile("liste.xlsx", file.make())})
        assert answer.status_code in (302, 422), name
        if answer.status_code == 302:
            assert kit.get(answer["Location"], follow=True).status_code == 200, name
            assert_accounted_for(ImportBatch.objects.latest("pk"), name)
        assert Letter.objects.count() == before, "nothing comes in before somebody says so"
    assert kit.get(reverse("imports")).status_code == 200


def assert_accounted_for(batch: ImportBatch, name: str) -> None:
    counts = plan.count(batch)
    assert not batch.is_at_work, name
    assert (batch.status == ImportBatch.Status.FAILED) is bool(batch.refusal), name
    assert counts.rows == counts.new + counts.known + counts.changed + counts.rejected, name
