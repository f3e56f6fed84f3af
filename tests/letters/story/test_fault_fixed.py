"""Whether letters get through again: Koncern IT says it once, with proof, and mails, pages and the note repeat it."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.drafts.recipient_texts import drafts_for_letter
from letters.models import Incident, Letter
from notifications.models import Notice
from notifications.status_note.versions import take_version
from tests.followups.decision_answers import NEW_LETTER_UNSENT
from tests.letters.story.story_posts import date_fields
from tests.notices import write_first_notices

pytestmark = pytest.mark.usefixtures("monday")
FIXED = {
    "is_fixed": "ja", "fix_checked_by": "Koncern IT",
    "fix_evidence": "et prøvebrev ad hver rute kom frem.", "version": 0,
    **date_fields("fixed_from", date(2019, 12, 20)), **date_fields("fix_checked_on", date(2020, 1, 6)),
}  # fmt: skip
IS_FIXED = "Fejlen er rettet: Breve, der er sendt fra og med den 20. december 2019, kommer frem."
PROOF = "Koncern IT kontrollerede det den 6. januar 2020: et prøvebrev ad hver rute kom frem."
ASKED = "Afsenderne skal vide, om brevene kommer frem, hvis de sender dem igen nu."
MEANWHILE = "Send brevene på papir."
NOT_YET = {"is_fixed": "nej", "until_fixed": MEANWHILE, "version": 0}
NOT_FIXED, UNKNOWN = "Fejlen er ikke rettet endnu.", "Det er ikke afklaret, om fejlen er rettet."


def words(content) -> str:
    return " ".join(str(content).replace("\\xa0", " ").split())


@pytest.fixture
def said(cast, as_user, client):
    """`said()` returns the words of everything that says whether the fault is fixed, by name."""

    def read() -> dict[str, str]:
        cast.incident.refresh_from_db()
        write_first_notices(cast.incident)
        letter = Letter.objects.select_related("followup", "incident", "sender", "unit").get(pk=cast.plain.pk)
        client.logout()
        found = {"front page": client.get(reverse("sign_in")).text}
        karen = as_user(cast.karen)
        found |= {
            "guide": karen.get(reverse("guide")).text,
            "letter": karen.get(reverse("letter", args=[letter.pk])).text,
        }
        found["incident"] = as_user(cast.mette).get(reverse("incident")).text
        found["mail"] = Notice.objects.get(receiver=cast.karen).text
        found["draft"] = next(one.body for one in drafts_for_letter(letter) if one.name == "samme")
        found["note"] = take_version(cast.incident, cast.buf, cast.mette).content
        return {name: words(content) for name, content in found.items()}

    return read


def test_fixed_fault_is_said_with_day_and_proof(cast, as_user, said):
    saved = as_user(cast.mette).post(reverse("incident_fix"), FIXED, follow=True)
    assert "Svaret er gemt." in saved.text.partition('id="rettet"')[2].partition("</section>")[0]
    found = said()
    for place in ("guide", "incident", "mail", "note"):
        assert IS_FIXED in found[place], place
    for place in ("front page", "letter", "draft"):
        assert "Fejlen er rettet." in found[place], place
    for place in ("incident", "note"):
        assert PROOF in found[place], place
    assert "Koncern IT kontrollerer, at breve kommer frem igen:" in found["incident"], "an event of the timeline"
    assert ASKED not in found["incident"]


def test_fault_that_is_not_fixed_is_said_with_what_to_do_meanwhile(cast, as_user, said):
    as_user(cast.mette).post(reverse("incident_fix"), NOT_YET)
    found = said()
    for place in ("guide", "incident", "mail", "letter"):
        assert f"{NOT_FIXED} {MEANWHILE}" in found[place], place
    for place in ("front page", "note"):
        assert NOT_FIXED in found[place], place
    assert MEANWHILE not in found["front page"], "everybody can read the page"
    assert "rettet" not in found["draft"]
    assert ASKED not in found["incident"]


def test_nobody_knows_until_somebody_says_so(said):
    found = said()
    for place in ("front page", "guide", "letter", "incident", "mail"):
        assert UNKNOWN in found[place], place
    assert "rettet" not in found["draft"]
    assert "Om fejlen er rettet." in found["note"]
    assert ASKED in found["incident"]


def test_first_notices_ask_whether_the_fault_is_fixed(cast, as_user):
    client, question = as_user(cast.mette), "Mailen kan ikke sige, om fejlen er rettet."
    assert question in client.get(reverse("notices")).text
    client.post(reverse("incident_fix"), FIXED)
    assert question not in client.get(reverse("notices")).text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fix_evidence": ""}, "Udfyld alle fire felter, når fejlen er rettet."),
        (date_fields("fixed_from", date(2019, 12, 19)), "Dagen skal ligge efter den sidste dag"),
        (
            date_fields("fix_checked_on", date(2019, 12, 19)),
            "Det kan først kontrolleres, når brevene kommer frem igen.",
        ),
        (
            date_fields("fix_checked_on", date(2020, 1, 14)),
            "Datoen skal ligge mellem 9. december 2019 og 13. januar 2020.",
        ),
    ],
)
def test_fix_without_proof_is_refused(cast, as_user, wrong, message):
    response = as_user(cast.mette).post(reverse("incident_fix"), FIXED | wrong)
    assert response.status_code == 422
    assert message in response.text
    assert Incident.objects.get().fixed_from is None


def test_answer_is_yes_or_no_and_a_no_drops_the_proof(cast, as_user):
    client, page = as_user(cast.mette), reverse("incident_fix")
    assert client.get(page).context["form"]["is_fixed"].value() is None, "nobody has answered"
    assert "Svar ja eller nej." in client.post(page, {"version": 0}).text
    assert "Skriv, hvad afsenderne gør, til fejlen er rettet." in client.post(page, NOT_YET | {"until_fixed": ""}).text
    client.post(page, FIXED)
    assert client.get(page).context["form"]["is_fixed"].value() == "ja"
    client.post(page, FIXED | NOT_YET | {"version": 1})
    incident = Incident.objects.get()
    assert (incident.fixed_from, incident.fix_evidence, incident.until_fixed) == (None, "", MEANWHILE)
    assert client.get(page).context["form"]["is_fixed"].value() == "nej"


def test_database_refuses_a_fix_that_nobody_checked(cast):
    with transaction.atomic(), pytest.raises(IntegrityError, match="incident_fix_is_proven"):
        Incident.objects.update(fixed_from=date(2019, 12, 20))


def test_last_day_cannot_move_past_the_fix(cast, as_user):
    as_user(cast.mette).post(reverse("incident_fix"), FIXED)
    with transaction.atomic(), pytest.raises(IntegrityError, match="incident_fixed_after_window"):
        Incident.objects.update(last_day=date(2019, 12, 20))


def test_letter_to_be_sent_says_what_to_do_until_the_fault_is_fixed(cast, as_user):
    as_user(cast.mette).post(reverse("incident_fix"), NOT_YET)
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    page = reverse("letter", args=[cast.plain.pk])
    assert f"{NOT_FIXED} {MEANWHILE}" in as_user(cast.karen).get(page).text
    as_user(cast.mette).post(reverse("incident_fix"), FIXED | {"version": 1})
    assert NOT_FIXED not in as_user(cast.karen).get(page).text
