"""Texts for the recipient: filled per letter and category, opened as an unsent mail, edited by KIT."""

import logging
import re
from datetime import date
from email import message_from_bytes, policy

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from followups import services
from followups.drafts import recipient_texts
from followups.models import DraftText
from letters.categories.category_rules import PERSONNEL_CATEGORY
from letters.models import Letter
from sepo_incident.core import cpr
from sepo_incident.core.forms import CPR_REFUSAL
from tests.followups.decision_answers import HARM_HANDLED

pytestmark = pytest.mark.usefixtures("monday")
OWN = "Kære [navn]\n\nOm {emne} fra {dato}. Nu: {ny dato}.\n\n{dit navn}"


def draft_body(letter, name="nyt") -> str:
    fresh = Letter.objects.select_related("followup", "incident", "sender", "unit").get(pk=letter.pk)
    return next(one.body for one in recipient_texts.drafts_for_letter(fresh) if one.name == name)


def draft_mail(client, letter, name="nyt"):
    return client.get(reverse("draft_mail", args=[letter.pk, name]))


def draft_url(category=recipient_texts.ALL_OTHER_CATEGORIES, name="nyt") -> str:
    return reverse("draft_text", args=[name, category])


def save_draft(client, body=OWN, version=0, category=recipient_texts.ALL_OTHER_CATEGORIES, **more):
    return client.post(draft_url(category), {"body": body, "version": version} | more)


def test_a_draft_opens_as_an_unsent_mail_that_follows_rfc_5322(cast, as_user, caplog):
    caplog.set_level(logging.DEBUG)
    long = "Partshøring om æøå-undervisning og meget mere, som ingen mailserver må folde forkert"
    Letter.objects.filter(pk=cast.passed.pk).update(subject=f"{long}, 070761-4285")
    response = draft_mail(as_user(cast.karen), cast.passed, "samme")
    raw = response.content
    assert (response["Content-Type"], response["Content-Disposition"]) == (
        "message/rfc822",
        f'attachment; filename="udkast-{cast.passed.pk}.eml"',
    )
    assert "no-store" in response["Cache-Control"]
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw), "every line ends in CRLF"
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    mail = message_from_bytes(raw, policy=policy.default)
    assert sorted(mail.keys()) == sorted(
        ["X-Unsent", "Date", "From", "Subject", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"]
    ), "once each; no To, for an empty one is no address list"
    assert [len(mail[name].defects) for name in ("Date", "From", "Subject")] == [0, 0, 0]
    assert (mail["X-Unsent"], mail["Subject"]) == ("1", long)
    assert mail["From"].addresses[0].addr_spec == cast.karen.email
    assert mail["Date"].datetime.date() == date(2020, 1, 13)
    assert (mail.get_content_type(), mail.get_content_charset(), mail["Content-Transfer-Encoding"]) == (
        "text/plain",
        "utf-8",
        "quoted-printable",
    )
    assert mail.get_content().replace("\r\n", "\n").strip() == draft_body(cast.passed, "samme")
    assert "Vi sendte dig et brev den 18. december 2019." in mail.get_content()
    assert mail.get_content().endswith("[dit telefonnummer]\r\n")
    assert "0707" not in raw.decode()
    assert cpr.MASK not in mail.as_string()
    assert long[:12] not in caplog.text


def test_draft_needs_read_access_and_keeps_unusual_subjects(cast, as_user):
    for person, letter, status in (
        (cast.jens, cast.personnel, 200),
        (cast.hanne, cast.personnel, 200),
        (cast.birgitte, cast.personnel, 403),
        (cast.mette, cast.personnel, 403),
        (cast.anne, cast.plain, 404),
    ):
        assert draft_mail(as_user(person), letter).status_code == status, person
    karen = as_user(cast.karen)
    assert draft_mail(karen, cast.plain, "andet").status_code == 404
    Letter.objects.filter(pk=cast.plain.pk).update(subject="Møde\r\nBcc: alle@kk.example")
    mail = message_from_bytes(draft_mail(karen, cast.plain).content, policy=policy.default)
    assert (mail["Subject"], mail["Bcc"]) == ("Møde Bcc: alle@kk.example", None)
    mail = message_from_bytes(draft_mail(karen, cast.untitled).content, policy=policy.default)
    assert mail["Subject"] == "Vores brev af 12. december 2019"


def test_draft_text_follows_category_and_decision(cast):
    assert "Den nye frist er den [ny dato]." in draft_body(cast.plain)
    assert "og den gamle gælder ikke længere." in draft_body(cast.personnel)
    Letter.objects.filter(pk=cast.soon.pk).update(category="Møder")
    assert "et møde den 15. januar 2020, men brevet, som vi sendte den 16. december 2019" in draft_body(cast.soon)
    Letter.objects.filter(pk=cast.passed.pk).update(category="Høringer")
    assert "Fristen var den 6. januar 2020." in draft_body(cast.passed)
    assert "til og med den [ny dato]." in draft_body(cast.passed)
    services.decide(cast.passed, HARM_HANDLED, cast.karen, version=0)
    assert "til og med den 27. januar 2020." in draft_body(cast.passed)
    assert "Karen Bülow Møller, Svalevejens Skole" in draft_body(cast.passed)


def test_kit_edits_a_draft_and_versions_are_kept(cast, as_user, client):
    mette = as_user(cast.mette)
    assert save_draft(mette).status_code == 302
    assert draft_body(cast.plain) == (
        "Kære [navn]\n\nOm Pjece: Velkommen i 0. klasse fra 18. december 2019. Nu: [ny dato].\n\nKaren Bülow Møller"
    )
    assert "og den gamle gælder ikke længere" in draft_body(cast.personnel), "it has words of its own"
    assert save_draft(mette, OWN, version=1).status_code == 302, "the same again is no version"
    late = save_draft(mette, "En anden tekst", version=0)
    assert late.status_code == 409
    assert "En anden tekst" in late.text
    assert "Om {emne} fra {dato}" in late.text, "the one that stands is beside it"
    wrong = save_draft(mette, "Om {emnet}", version=1)
    assert (wrong.status_code, "{emnet} findes ikke." in wrong.text) == (422, True)
    number = save_draft(mette, "Om 070761-4285", version=1)
    assert (number.status_code, CPR_REFUSAL in number.text) == (422, True)
    shown = save_draft(mette, "Brevet hed {emne}.", version=1, vis="1")
    assert f"Brevet hed {cast.passed.subject}." in shown.text
    assert save_draft(mette, "", version=1, tilbage="1").status_code == 302
    assert "Den nye frist er" in draft_body(cast.plain)
    versions = DraftText.objects.versions_of(cast.incident, recipient_texts.ALL_OTHER_CATEGORIES, "NEW_LETTER")
    assert [(one.version, one.is_reset, one.written_by) for one in versions] == [
        (2, True, cast.mette),
        (1, False, cast.mette),
    ]
    assert mette.get(draft_url(), {"hent": "1"}).context["form"].words == OWN
    with pytest.raises(DatabaseError), transaction.atomic():
        versions.update(body="Ændret")


def test_category_text_overrides_the_general_text(cast, as_user, client):
    mette = as_user(cast.mette)
    save_draft(mette, "Om tænder: {dato}", category="Tandpleje")
    save_draft(mette, "I en personalesag: {dato}", category=PERSONNEL_CATEGORY)
    Letter.objects.filter(pk=cast.plain.pk).update(category="Tandpleje")
    assert draft_body(cast.plain) == "Om tænder: 18. december 2019"
    assert draft_body(cast.personnel) == "I en personalesag: 13. december 2019"
    assert "Sygefraværssamtale" not in mette.get(draft_url(PERSONNEL_CATEGORY)).text.split("Eksempel</h2>")[1]
    assert mette.get(draft_url("Findes ikke")).status_code == 404
    overview = mette.get(reverse("draft_texts")).text
    assert overview.count("af Mette Dahl") == 2
    page = as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).text
    assert "Om tænder: 18. december 2019" in page
    assert reverse("draft_mail", args=[cast.plain.pk, "nyt"]) in page
    client.logout()
    public = client.get(reverse("drafts")).text
    assert "Om tænder: [dato]" in public
    assert "Vi sendte dig et brev den [dato]." in public
