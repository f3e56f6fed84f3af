"""A personnel case handed over to Personalejura: no search, count or mail reveals it. Pages: `test_url_access`."""

from django.urls import reverse

from followups.models import Escalation
from notifications.models import Notice
from tests.access.conftest import WHY_HANDED_OVER


def test_no_search_filter_or_count_reveals_the_case(handed_over_case, as_user):
    for actor in ("birgitte", "mette", "pia"):
        client = as_user(getattr(handed_over_case, actor))
        for query in (
            {"words": handed_over_case.personnel.subject},
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
        assert (board.counts["GONE"], board.counts["PASSED"]) == (0, 1), "that of another letter"
        assert client.get(reverse("draft_mail", args=[handed_over_case.personnel.pk, "nyt"])).status_code == 403
        case = Escalation.objects.get(desk="HR")
        assert client.get(reverse("escalation", args=[case.pk])).status_code in (403, 404)
        waiting = {entry["url"]: entry["waiting"] for entry in page.context["menu"]}
        assert waiting.get("/henvendelser/", 0) == (1 if actor == "pia" else 0), "that to DIT, and no more"


def test_no_mail_names_the_case(handed_over_case, as_user):
    written = Notice.objects.values_list("subject", "text", "html")
    assert written
    assert not [mail for mail in written if any(secret in " ".join(mail) for secret in handed_over_case.case_secrets)]
    hanne = as_user(handed_over_case.hanne)
    page = hanne.get(reverse("letter", args=[handed_over_case.personnel.pk])).text
    assert all(secret in page for secret in handed_over_case.case_secrets)
    assert WHY_HANDED_OVER in hanne.get(reverse("escalations")).text
