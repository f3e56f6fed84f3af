"""A list with everything hostile in every column: what is stored, what the pages show, what stands in the mail."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from followups import services
from letters.importing import batches
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, ImportRow, Letter
from letters.samples import COLUMNS
from notifications.models import Delivery, Notice
from notifications.outbox import mime
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import cpr
from tests.letters.awkward import hostile, readable
from tests.letters.awkward.cells import HOSTILE, assert_harmless, assert_shown_harmlessly, in_every_column
from tests.letters.lists import row
from tests.notifications.conftest import request, write

pytestmark = pytest.mark.django_db
ROWS = len(COLUMNS) * len(HOSTILE)
NAMED = ("imports", "unassigned", "incident", "notices", "boards")


def hostile_list() -> bytes:
    return in_every_column(COLUMNS, [list(row(number).values()) for number in range(1, ROWS + 1)])


@pytest.fixture
def rings(monkeypatch):
    tasks = {"letters.tasks.read_batch": batches.read_batch, "letters.tasks.commit_batch": batches.commit_batch}
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_on_commit", lambda task, args: tasks[task](*args))


@pytest.fixture
def taken_in(cast, take_in, caplog):
    batch = take_in(hostile_list())
    assert batch.status == ImportBatch.Status.COMMITTED, batch.refusal
    services.open_followups(cast.incident)
    write(request(cast.incident))
    assert_harmless(caplog.text.replace("\n", " "), "the log")
    return batch


def test_every_row_is_accounted_for(taken_in):
    counts = letter_comparison.count_rows(taken_in)
    assert counts.rows == ROWS
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
    assert not any(cpr.contains_cpr(letter.subject) for letter in Letter.objects.all())
    assert max(len(letter.subject) for letter in Letter.objects.all()) == 500


def test_what_looks_like_code_is_a_text(taken_in):
    subjects = set(taken_in.letters.values_list("subject", flat=True))
    assert {"{{ 7*7 }}", "%s %(x)s %d", "\\N", "\\.", "'; DROP TABLE letters_letter; --", "=1+1"} <= subjects
    assert "Karen Bcc: ond@ond.example" in subjects
    assert "<script>alert(1)</script>" in subjects
    assert not User.objects.filter(email__contains="ond.example").exists()


def pages(batch: ImportBatch, cast) -> list[tuple[User, str]]:
    """Who looks at which page: all rows on the check page, and letters as sender, leader and KIT see them."""
    last = (letter_comparison.count_rows(batch).rows - 1) // 20 + 1
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
    return [*seen, (cast.karen, reverse("notice", args=[Notice.objects.get(receiver=cast.karen).pk]))]


def test_every_page_shows_it_harmlessly(taken_in, cast, as_user):
    shown = []
    for who, address in pages(taken_in, cast):
        page = as_user(who).get(address, follow=True)
        assert page.status_code == 200, (who, address)
        source = page.content.decode()
        assert_shown_harmlessly(source, address)
        shown.append(source)
    assert any("{{ 7*7 }}" in source for source in shown)
    assert any("&lt;script&gt;alert(1)&lt;/script&gt;" in source for source in shown)
    assert any(cpr.MASK in source for source in shown)


@pytest.mark.parametrize("text", [text for text in HOSTILE if "<" in text or text.startswith("javascript:")])
def test_the_watch_over_pages_sees_a_text_that_is_none(text):
    with pytest.raises(AssertionError):
        assert_shown_harmlessly(f'<p title="{text}"><a href="{text}">{text}</a><textarea>{text}</textarea>', "a page")


def test_the_mail_is_one_mail_to_two_people(taken_in, cast):
    notice = Notice.objects.filter(receiver=cast.karen).latest("pk")
    raw = mime.build_mail(notice, Delivery.objects.filter(notice=notice).select_related("recipient"))
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
    counts = letter_comparison.count_rows(batch)
    assert not batch.is_at_work, name
    assert (batch.status == ImportBatch.Status.FAILED) is bool(batch.refusal), name
    assert counts.rows == counts.new + counts.known + counts.changed + counts.rejected, name
