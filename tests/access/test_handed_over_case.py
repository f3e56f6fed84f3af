"""A personnel case handed over to Personalejura: nobody else reads the case on a page, list, search, export or mail."""

import io
import re
import zipfile

import pytest
from django.db import transaction
from django.urls import reverse

from followups import services
from followups.models import Escalation, FollowUp
from letters.models import Letter
from letters.models.letter import HIDDEN_SUBJECT
from notifications.models import Notice
from tests.access.access_rules import ACCESS, ALSO, letter

#: words that occur only in this letter and in texts about this letter
SUBJECT, RECIPIENT_CODE = "Indkaldelse til sygefraværssamtale", "kode"
WHY, DATE = "Hun er sygemeldt igen", "4. januar"
#: people who see that the case exists and read nothing of the case; the last person does not see the case
OTHERS = ("birgitte", "mette", "pia", "sofie", "anne")


@pytest.fixture
def handed_over_case(stage):
    """A personnel case with a category and a date of its own, a missing original, and a question to Personalejura."""
    Letter.objects.filter(pk=stage.personnel.pk).update(category="Sygefraværssamtaler", recipient_key="c0ffee" * 10)
    FollowUp.objects.filter(letter=stage.personnel).update(due_on="2020-01-04")
    stage.code = Letter.objects.get(pk=stage.personnel.pk).recipient_label.split(RECIPIENT_CODE)[1].strip()
    services.mark_original_missing(stage.personnel, stage.karen, version=0)
    services.hand_to_hr(stage.personnel, stage.karen, 1, WHY)
    return stage


def response_text(response) -> str:
    """Return all words of a response, also those inside a workbook or a zip."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    return content.decode("utf-8", "replace")


def test_no_page_or_export_reveals_the_case(handed_over_case, as_user):
    for actor in OTHERS:
        client = as_user(getattr(handed_over_case, actor))
        seen = {name: access for name, access in ACCESS.items() if actor in access.sees and not access.is_open}
        for name, access in seen.items():
            with transaction.atomic():
                args = [handed_over_case.personnel.pk] if access.args is letter else access.args(handed_over_case)
                words = response_text(client.get(reverse(name, args=args)))
                transaction.set_rollback(True)  # undo the rows that the access rule created for its page
            for secret in (SUBJECT, WHY, handed_over_case.code, DATE):
                assert not re.search(rf"\b{secret}", words), f"{secret} is on {name} for {actor}"
        assert len(seen) >= 5


def test_no_search_filter_or_count_reveals_the_case(handed_over_case, as_user):
    for actor in OTHERS[:-1]:
        client = as_user(getattr(handed_over_case, actor))
        for query in (
            {"words": SUBJECT},
            {"category": "Sygefraværssamtaler"},
            {"status": "PASSED"},
            {"status": "GONE"},
            {"deadline": "1"},
        ):
            page = client.get(reverse("board", args=[handed_over_case.svalevej.pk]), query)
            found = {one.pk for one in page.context["page_obj"].object_list}
            assert handed_over_case.personnel.pk not in found, (actor, query)
            assert page.context["page_obj"].paginator.count == len(found)
        board = page.context["board"]
        assert "Sygefraværssamtaler" not in [row.name for row in board.categories]
        assert (board.counted["GONE"], board.counted["PASSED"]) == (0, 1), "that of another letter"
        assert client.get(reverse("draft_mail", args=[handed_over_case.personnel.pk, "nyt"])).status_code == 403
        case = Escalation.objects.get(desk="HR")
        assert client.get(reverse("escalation", args=[case.pk])).status_code in (403, 404)
        waiting = {entry["url"]: entry["waiting"] for entry in page.context["menu"]}
        assert waiting.get("/eskaleringer/", 0) == (1 if actor == "pia" else 0), "that to DIT, and no more"


def test_no_mail_names_the_case(handed_over_case, as_user):
    written = Notice.objects.values_list("subject", "text", "html")
    assert written
    assert not [one for one in written if SUBJECT in " ".join(one) or handed_over_case.code in " ".join(one)]
    hanne = as_user(handed_over_case.hanne)
    page = hanne.get(reverse("letter", args=[handed_over_case.personnel.pk])).text
    assert all(secret in page for secret in (SUBJECT, WHY, handed_over_case.code, DATE))
    assert WHY in hanne.get(reverse("escalations")).text


@pytest.mark.parametrize("actor", ["karen", "jens"])
def test_impersonation_does_not_reveal_the_case(handed_over_case, pia_as, actor):
    client = pia_as(getattr(handed_over_case, actor))
    seen = {name: access for name, access in ACCESS.items() if actor in access.sees and not access.is_open}
    for name, access in seen.items():
        with transaction.atomic():
            args = [handed_over_case.personnel.pk] if access.args is letter else access.args(handed_over_case)
            words = response_text(client.get(reverse(name, args=args)))
            transaction.set_rollback(True)
        for secret in (SUBJECT, WHY, handed_over_case.code, DATE):
            assert not re.search(rf"\b{secret}", words), f"{secret} is on {name} for Pia as {actor}"
    if actor == "karen":
        assert HIDDEN_SUBJECT in client.get(reverse("my_letters")).text, "it is there, as Pia sees it"
    else:
        found = client.get(reverse("board", args=[handed_over_case.svalevej.pk]), {"words": SUBJECT})
        assert not found.context["page_obj"].object_list


def test_personalejura_sees_no_other_letter(handed_over_case, as_user):
    """No subject, id or sender of another letter, and no mail that names other letters as well."""
    hanne, case = as_user(handed_over_case.hanne), handed_over_case.personnel
    others = Letter.objects.exclude(pk=case.pk).exclude(subject="")
    secrets = {word for one in others for word in (one.subject, one.source_ref)} | {handed_over_case.anne.name}
    seen = [
        (name, access) for name, access in [*ACCESS.items(), *ALSO] if "hanne" in access.sees and not access.is_open
    ]
    for name, access in seen:
        with transaction.atomic():
            words = response_text(hanne.get(reverse(name, args=access.args(handed_over_case))))
            transaction.set_rollback(True)
        assert not [secret for secret in secrets if secret in words], name
    for name in ("arrival", "letter_pack", "letter_zip", "letter_reminder"):
        words = response_text(hanne.get(reverse(name, args=[case.pk])))
        assert not [secret for secret in secrets if secret in words], name
    assert len(seen) >= 15
    for secret in secrets:
        page = hanne.get(reverse("board", args=[handed_over_case.root.pk]), {"words": secret})
        assert page.context["page_obj"].paginator.count == 0, secret
    board = page.context["board"]
    assert (board.counted["ALL"], [name for _, name in board.senders]) == (1, [handed_over_case.karen.name])
