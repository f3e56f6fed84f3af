"""A list with every hostile text in every column: the stored rows, the pages and the mail."""

import pytest
from django.urls import reverse

from followups import services
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, ImportRow, Letter
from notifications.models import Delivery, Notice
from notifications.outbox import mime
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import cpr
from tests.letters.awkward.hostile_cells import HOSTILE, assert_harmless, assert_shown_harmlessly
from tests.letters.hostile_list import ROWS, build_hostile_list
from tests.notices import write_first_notices

pytestmark = pytest.mark.django_db
PAGE_NAMES = ("imports", "unassigned", "incident", "notices", "boards")


@pytest.fixture
def hostile_batch(cast, import_file, caplog):
    batch = import_file(build_hostile_list())
    assert batch.status == ImportBatch.Status.COMMITTED, batch.refusal
    services.open_followups(cast.incident)
    write_first_notices(cast.incident)
    assert_harmless(caplog.text.replace("\n", " "), "the log")
    return batch


def test_hostile_list_is_harmless_in_rows_on_pages_and_in_the_mail(hostile_batch, cast, as_user):
    check_rows(hostile_batch)
    check_pages(hostile_batch, cast, as_user)
    check_mail(cast)


def check_rows(hostile_batch) -> None:
    counts = letter_comparison.count_rows(hostile_batch)
    assert counts.rows == ROWS == counts.new + counts.known + counts.changed + counts.rejected
    assert counts.new > 200
    assert counts.rejected > 100
    assert Letter.objects.filter(batch=hostile_batch).count() == counts.new
    for model in (ImportBatch, ImportRow, Letter, User, Unit, Notice):
        for values in model.objects.values():
            for name, value in values.items():
                if name not in ("text", "html"):  # the text and the HTML of a notice hold line breaks
                    assert_harmless(str(value), f"{model.__name__}.{name}")
    subjects = set(hostile_batch.letters.values_list("subject", flat=True))
    assert not any(map(cpr.contains_cpr, subjects))
    assert max(map(len, subjects)) == 500
    assert {"{{ 7*7 }}", "%s %(x)s %d", "\\N", "\\.", "'; DROP TABLE letters_letter; --", "=1+1"} <= subjects
    assert {"Karen Bcc: ond@ond.example", "<script>alert(1)</script>"} <= subjects
    assert not User.objects.filter(email__contains="ond.example").exists()


def pages(batch: ImportBatch, cast) -> list[tuple[User, str]]:
    """Return [(user, URL)]: letters for sender, leader and KIT. `test_hostile_pages` has those of the import."""
    seen = [(cast.mette, reverse(name)) for name in PAGE_NAMES]
    hostile_units = Unit.objects.exclude(letters=None).order_by("-pk")[:2]
    seen += [(cast.mette, reverse("board", args=[unit.pk])) for unit in hostile_units]
    for what, lacking in (("leder", {"leader": None}), ("afsender", {"sender": None})):
        alone = batch.letters.filter(**lacking).first()
        seen.append((cast.mette, reverse("unassigned_group", args=[what, alone.pk])))
    for who, every in ((cast.karen, 60), (cast.jens, 200)):
        letters = batch.letters.order_by("pk")[::every]
        seen += [(who, reverse("my_letters")), *[(who, reverse("letter", args=[one.pk])) for one in letters]]
    return [*seen, (cast.karen, reverse("notice", args=[Notice.objects.get(receiver=cast.karen).pk]))]


def check_pages(hostile_batch, cast, as_user) -> None:
    shown = []
    for who, address in pages(hostile_batch, cast):
        page = as_user(who).get(address, follow=True)
        assert page.status_code == 200, (who, address)
        source = page.text
        assert_shown_harmlessly(source, address)
        shown.append(source)
    assert any("{{ 7*7 }}" in source for source in shown)
    assert any("&lt;script&gt;alert(1)&lt;/script&gt;" in source for source in shown)
    assert any(cpr.MASK in source for source in shown)


@pytest.mark.parametrize("text", [text for text in HOSTILE if "<" in text or text.startswith("javascript:")])
def test_assertion_detects_active_html(text):
    with pytest.raises(AssertionError):
        assert_shown_harmlessly(f'<p title="{text}"><a href="{text}">{text}</a><textarea>{text}</textarea>', "a page")


def check_mail(cast) -> None:
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
