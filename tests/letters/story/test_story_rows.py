"""The rows of the story: each kind is added, corrected with history, deleted, and edited by one at a time."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from letters.incident_pages.story_pages import SECTIONS
from letters.models import Cause, Claim, Emergency, Incident, IncidentContact, Measure, SupplierExchange, TimelineEntry
from letters.story import rows
from letters.story.rows import corrections_of
from sepo_incident.audit.models import RowChange
from tests.letters.story.story_posts import ENTRY, MEASURE, date_fields, new_row

pytestmark = pytest.mark.usefixtures("monday")
EMERGENCY = {"contact_name": "Mette Dahl", "raised_clock": "10.40", "version": 0}
EMERGENCY |= date_fields("raised_on", date(2020, 1, 6))
QUESTION = {"text": "Hvorfor?", "version": 0} | date_fields("day", date(2020, 1, 7))
CONTACT = {"kind": "SUPPLIER", "title": "Leverandøren af e-Boks", "phone": "30000355", "case_number": "48213"}
ROWS = [
    ("forloeb", TimelineEntry, ENTRY),
    ("tiltag", Measure, MEASURE),
    ("aarsag", Cause, {"known": "Taget for spam.", "unknown": "Hvorfor.", "status": "PRELIMINARY", "version": 0}),
    ("leverandoer", SupplierExchange, QUESTION | date_fields("next_answer_on", date(2020, 1, 17))),
    ("beredskab", Emergency, EMERGENCY),
    ("kontakter", IncidentContact, CONTACT | {"version": 0}),
]


@pytest.mark.parametrize(("what", "model", "posted"), ROWS)
def test_row_is_added_corrected_and_deleted(cast, as_user, what, model, posted):
    client = as_user(cast.mette)
    assert client.post(new_row(what), posted).url == f"{reverse('incident')}#{what}"
    section = client.get(reverse("incident")).text.partition(f'id="{what}"')[2].partition("</section>")[0]
    assert SECTIONS[what].saved in section
    row = model.objects.get()
    page = reverse("story_row", args=[what, row.pk])
    text = next(name for name in ("text", "title", "known", "contact_name") if name in posted)
    client.post(page, posted | {text: "Rettet af os"})
    corrected = model.objects.get()
    assert (getattr(corrected, text), corrected.version, corrected.changed_by) == ("Rettet af os", 1, cast.mette)
    [correction] = corrections_of(model, [row.pk])[row.pk]
    assert (correction.by, correction.changes[0].after) == ("Mette Dahl", "Rettet af os")
    assert posted[text] in client.get(page).text, "the page shows what it was"
    client.post(reverse("delete_story_row", args=[what, row.pk]), {"version": 1})
    assert not model.objects.exists()
    assert RowChange.objects.filter(table_name=model._meta.db_table, after={}).exists(), "the log keeps the row"


def test_second_editor_of_a_row_sees_both_texts(cast, as_user):
    what, model, posted = ROWS[0]
    client = as_user(cast.mette)
    client.post(new_row(what), posted)
    page = reverse("story_row", args=[what, model.objects.get().pk])
    name = "text"
    client.post(page, posted | {name: "Den første"})
    late = client.post(page, posted | {name: "Den anden"})
    assert late.status_code == 409
    assert "Den første" in late.text
    assert 'value="Den anden"' in late.text or ">\nDen anden</textarea>" in late.text
    assert getattr(model.objects.get(), name) == "Den første"
    again = late.context["form"]["version"].value()
    client.post(page, posted | {name: "Den anden", "version": again})
    assert getattr(model.objects.get(), name) == "Den anden"


def test_text_for_a_deleted_row_is_kept_and_saved_anew(cast, as_user):
    client = as_user(cast.mette)
    client.post(new_row("tiltag"), MEASURE)
    page = reverse("story_row", args=["tiltag", Measure.objects.get().pk])
    form = client.get(page).context["form"]
    assert form["version"].value() == 0
    Measure.objects.all().delete()
    late = client.post(page, MEASURE | {"version": 0})
    assert late.status_code == 409
    assert rows.DELETED_MESSAGE in late.text
    assert MEASURE["title"] in late.text
    assert f'action="{new_row("tiltag")}"' in late.text
    assert (
        client.post(new_row("tiltag"), MEASURE | {"version": late.context["form"]["version"].value()}).status_code
        == 302
    )
    assert Measure.objects.get().title == MEASURE["title"]


def test_claim_is_made_once_and_withdrawn_with_a_reason(cast, as_user):
    client, posted = as_user(cast.mette), {"kind": "NONE_LOST", "reason": "vi har dem alle", "version": 0}
    assert client.post(new_row("udsagn"), posted | {"reason": " "}).status_code == 422
    assert client.post(new_row("udsagn"), posted).url == f"{reverse('incident')}#udsagn"
    assert client.post(new_row("udsagn"), posted).status_code == 409
    page = reverse("story_row", args=["udsagn", Claim.objects.get().pk])
    assert reverse("delete_story_row", args=["udsagn", Claim.objects.get().pk]) not in client.get(page).text
    client.post(page, posted | {"kind": "NO_STRANGER", "is_withdrawn": "on", "reason": "to breve er væk"})
    withdrawn = Claim.objects.get()
    assert (withdrawn.kind, withdrawn.is_withdrawn, withdrawn.changed_by) == ("NONE_LOST", True, cast.mette)
    assert "Gælder ikke længere: to breve er væk" in client.get(reverse("incident")).text


BEFORE = "Datoen skal ligge mellem 9. december 2018 og"


@pytest.mark.parametrize(
    ("what", "posted", "words"),
    [
        ("forloeb", ENTRY | date_fields("day", date(2018, 1, 3)), BEFORE),
        ("forloeb", ENTRY | {"time": "kvart i to"}, "Skriv klokkeslættet som 8.15."),
        ("forloeb", ENTRY | {"text": "Brev til 010190-1234"}, "Teksten ligner et CPR-nummer."),
        ("forloeb", ENTRY | {"text": " "}, "Skriv, hvad der skete."),
        ("tiltag", MEASURE | date_fields("due_on", date(2019, 12, 8)), "Datoen skal ligge mellem 9. december 2019"),
        ("tiltag", MEASURE | {"phone": "12"}, "Skriv et helt telefonnummer"),
        ("kontakter", CONTACT | {"phone": "", "version": 0}, "Skriv et telefonnummer eller en mailadresse."),
        ("beredskab", EMERGENCY | date_fields("raised_on", date(2019, 12, 8)), "før hændelsens første dag"),
        ("beredskab", EMERGENCY | date_fields("raised_on", date(2020, 1, 14)), "Tidspunktet er ikke kommet endnu."),
        (
            "beredskab",
            EMERGENCY | {"ended_clock": "9.00"} | date_fields("ended_on", date(2020, 1, 6)),
            "kan ikke slutte, før det blev aktiveret",
        ),
        ("leverandoer", QUESTION | date_fields("next_answer_on", date(2020, 1, 6)), "kan ikke komme før spørgsmålet"),
    ],
)
def test_nonsense_is_refused_in_danish_and_kept(cast, as_user, what, posted, words):
    response = as_user(cast.mette).post(new_row(what), posted)
    assert response.status_code == 422
    assert words in response.text


def test_it_beredskab_is_raised_once_at_a_time(cast, as_user):
    client = as_user(cast.mette)
    client.post(new_row("beredskab"), EMERGENCY)
    second = client.post(new_row("beredskab"), EMERGENCY)
    assert second.status_code == 422
    assert "It-beredskabet er allerede aktiveret." in second.text


def test_done_measure_says_who_and_when(cast, as_user):
    client = as_user(cast.mette)
    client.post(new_row("tiltag"), MEASURE)
    assert "Forsinket" in client.get(reverse("incident")).text, "overdue is derived"
    client.post(reverse("story_row", args=["tiltag", Measure.objects.get().pk]), MEASURE | {"status": "DONE"})
    measure = Measure.objects.get()
    assert (measure.done_by, measure.done_at.date()) == (cast.mette, date(2020, 1, 13))
    shown = client.get(reverse("incident")).text
    assert "Forsinket" not in shown
    assert "Mette Dahl, 13. januar" in shown
    with transaction.atomic(), pytest.raises(IntegrityError, match="measure_done_by_and_at"):
        Measure.objects.update(done_by=None)


FACTS = {
    "title": "Sikker post, der ikke kom frem", "system": "SEPO", "case_number": "2020-0011565",
    "document_number": "2020-0011565-1", "support_email": "DIT@buf.kk.dk", "personnel_contact": "Personalejura",
    "personnel_phone": "70 80 80 00", "signed_by": "Koncern IT", "guide_url": "https://kk.example/guide", "version": 0,
    **date_fields("first_day", date(2019, 12, 9)), **date_fields("last_day", date(2019, 12, 19)),
}  # fmt: skip


def test_facts_are_edited_with_history(cast, as_user):
    client, page = as_user(cast.mette), reverse("incident_facts")
    saved = client.post(page, FACTS, follow=True).text.partition("Oplysningerne er gemt.")[2]
    assert '<details class="details" id="oplysninger" open>' in saved.partition("</section>")[0]
    incident = Incident.objects.get()
    assert (incident.document_number, incident.personnel_phone, incident.version) == ("2020-0011565-1", "7080 8000", 1)
    shown = client.get(page).text
    assert "Journalnummer fra »tomt« til »2020-0011565«" in shown
    late = client.post(page, FACTS | {"title": "En anden titel"})
    assert (late.status_code, Incident.objects.get().title) == (409, FACTS["title"])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "Skriv en titel."),
        ({"guide_url": "javascript:alert(1)"}, "Skriv en adresse, der begynder med https://."),
        (date_fields("first_day", date(2019, 12, 20)), "Første dag skal ligge før sidste dag."),
        (date_fields("last_day", date(2020, 1, 15)), "Fristen skal ligge efter den sidste dag."),
    ],
)
def test_wrong_facts_are_refused(cast, as_user, wrong, words):
    response = as_user(cast.mette).post(reverse("incident_facts"), FACTS | wrong)
    assert response.status_code == 422
    assert words in response.text


def test_corrections_are_shown_on_the_timeline(cast, as_user):
    client = as_user(cast.mette)
    client.post(new_row("forloeb"), ENTRY)
    entry = TimelineEntry.objects.get()
    client.post(reverse("story_row", args=["forloeb", entry.pk]), ENTRY | {"time": "kl. 9.05"})
    for person in (cast.mette, cast.sofie):
        shown = as_user(person).get(reverse("incident")).text
        assert " af Mette Dahl</summary>" in shown
        assert "Klokkeslæt fra »tomt« til »kl. 09.05«" in shown
