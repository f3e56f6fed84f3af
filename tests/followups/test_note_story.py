"""What people wrote about the incident stands in the note: timeline, cause, measures, breach, and the unit's plan."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.reporting.figures import reveals_personnel_cases
from letters.incident_kinds import IncidentKind
from letters.models import (
    AdministrationPlan,
    BreachAssessment,
    BreachOpinion,
    BreachReport,
    Cause,
    Claim,
    Emergency,
    Incident,
    InformationDecision,
    Letter,
    Measure,
    SupplierExchange,
    TimelineEntry,
)
from letters.story.rows import save_row
from notifications.models import Notice
from notifications.models.delivery_states import State
from notifications.status_note.facts import DELETIONS
from notifications.status_note.story import read_committee, read_story
from notifications.status_note.versions import take_version
from sepo_incident.accounts.models import User
from tests.factories import at
from tests.followups.decision_answers import NO_DISPATCH
from tests.followups.note_helpers import words_of
from tests.kinds.kind_answers import answers_of, set_kind
from tests.notices import delivery_to, put_in_state, write_first_notices

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday"), pytest.mark.slow]
Kind = TimelineEntry.Kind


@pytest.fixture
def told(cast):
    """The story of the case, as KIT types it."""
    incident = {"incident": cast.incident}
    TimelineEntry.objects.create(
        **incident, kind=Kind.SUSPICION, day="2020-01-03", text="En borger spørger efter {et brev}."
    )
    TimelineEntry.objects.create(**incident, kind=Kind.COMMITTEE_TOLD, day="2020-01-07", text="ØU er orienteret.")
    Emergency.objects.create(**incident, raised_at=at(2020, 1, 6, 10, 40), contact_name="Mette Dahl")
    Cause.objects.create(**incident, known="Brevene blev\ntaget for spam.", unknown="Hvad der fik filteret til det.")
    SupplierExchange.objects.create(**incident, day="2020-01-07", text="Hvorfor?")
    Measure.objects.create(**incident, title="Få besked om et slettet brev", contact_name="Søren", due_on="2020-01-31")
    return cast


def text_of(incident, unit, by):
    """Return the text of a new version of the note, section by section."""
    content = take_version(incident, unit, by).content
    return " ".join(" ".join(str(content).split()).replace("\\xa0", " ").split())


def test_story_stands_in_the_note(told):
    text = text_of(told.incident, told.buf, told.mette)
    for sentence in (
        "Fredag den 3. januar 2020: En borger spørger efter (et brev). Der er gået 25 dage siden det første brev.",
        "It-beredskabet blev aktiveret mandag den 6. januar 2020 kl. 10.40.",
        "Brevene blev taget for spam. Årsagen er foreløbig.",
        "Hvad der fik filteret til det.",
        "['Få besked om et slettet brev', 'Søren', '31. januar 2020', 'Ikke begyndt']",
        "Koncern IT spurgte leverandøren den 7. januar 2020: Hvorfor? Leverandøren har ikke svaret endnu.",
    ):
        assert sentence in text, sentence
    assert "ØU er orienteret" not in text, "not an event of what happened"
    TimelineEntry.objects.filter(kind=Kind.COMMITTEE_TOLD).update(in_note=True)
    assert "Tirsdag den 7. januar 2020: ØU er orienteret." in text_of(told.incident, told.buf, told.mette)


def test_measures_stand_with_owner_date_and_state(told):
    of = {"incident": told.incident, "contact_name": "Søren"}
    Measure.objects.create(**of, title="Slå alarm", due_on="2020-01-10")
    done = {"status": Measure.Status.DONE, "done_by": told.mette, "done_at": timezone.now()}
    Measure.objects.create(**of, title="Send et prøvebrev", due_on="2020-01-10", **done)
    sections = {one["key"]: one for one in take_version(told.incident, told.buf, told.mette).content["sections"]}
    [table] = sections["measures"]["blocks"]
    assert table["rows"] == [
        ["Slå alarm", "Søren", "10. januar 2020", "Forsinket"],
        ["Send et prøvebrev", "Søren", "10. januar 2020", "Gennemført 13. januar"],
        ["Få besked om et slettet brev", "Søren", "31. januar 2020", "Ikke begyndt"],
    ]


def test_note_says_what_most_letters_to_employees_are_about(cast):
    said, letters = "mest om sygefraværssamtaler", Letter.objects.filter(unit__lineage__contains=[cast.buf.pk])
    Letter.objects.filter(pk=cast.personnel.pk).update(category="Sygefraværssamtaler")
    assert said not in text_of(cast.incident, cast.buf, cast.mette), "one letter tells of one person"
    letters.update(recipient_kind="EMPLOYEE", category="Sygefraværssamtaler")
    assert said in text_of(cast.incident, cast.buf, cast.mette)
    letters.exclude(pk=cast.personnel.pk).update(category="Møder")
    assert said not in text_of(cast.incident, cast.buf, cast.mette)


def report(cast, **lost):
    said = {"incident": cast.incident, "text": "Breve mangler.", "by": cast.mette}
    return BreachReport.objects.create(aware_at=timezone.now() - timedelta(hours=10), **said, **lost)


def test_breach_is_unknown_until_it_is_assessed(cast):
    found = report(cast)
    story = read_story(cast.incident, cast.buf, timezone.now())
    assert story.breach_unknown == [
        "Om det mulige brud, opdaget mandag den 13. januar 2020 kl. 00.00, er et brud, der skal anmeldes "
        "til Datatilsynet. "
        "Fristen for at anmelde til Datatilsynet er torsdag den 16. januar 2020 kl. 00.00."
    ]
    registered = "Koncern IT registrerede mandag den 13. januar 2020 kl. 00.00: Breve mangler."
    unheard = "Der er ikke registreret en udtalelse fra databeskyttelsesrådgiveren."
    assert story.breach_known == [f"{registered} {unheard}"]
    assert story.breach == "det er ikke afklaret, om der er sket et brud på persondatasikkerheden"
    BreachAssessment.objects.create(report=found, answer="DO_NOT_NOTIFY", reason="Ingen har læst dem.", by=cast.mette)
    story = read_story(cast.incident, cast.buf, timezone.now())
    assert story.breach_known == [
        f"{registered} Koncern IT vurderede den 13. januar 2020, at bruddet på persondatasikkerheden ikke skal "
        f"anmeldes til Datatilsynet. Begrundelse: Ingen har læst dem. {unheard}"
    ]
    assert story.breach_unknown == []
    BreachOpinion.objects.create(report=found, text="Jeg er enig", by=cast.dina)
    InformationDecision.objects.create(
        report=found, category="Møder", is_told=False, reason="Ingen risiko", by=cast.mette
    )
    [told] = read_story(cast.incident, cast.buf, timezone.now()).breach_known
    assert told.endswith(
        "Databeskyttelsesrådgiveren udtalte den 13. januar 2020: Jeg er enig. "
        "Modtagerne af brevene under »Møder« får ikke besked om bruddet: Ingen risiko."
    )
    report(cast, lost_confidentiality=True)
    story = read_story(cast.incident, cast.buf, timezone.now())
    assert story.breach_unknown


def test_each_report_is_named_and_late_answer_is_past(cast, monday):
    first = report(cast)
    BreachAssessment.objects.create(report=first, answer="DO_NOT_NOTIFY", reason="Ingen har læst dem.", by=cast.mette)
    monday.shift(timedelta(days=1))
    report(cast)
    monday.shift(timedelta(days=3))
    story = read_story(cast.incident, cast.buf, timezone.now())
    assert ["13. januar 2020 kl. 00.00" in one for one in story.breach_known] == [True, False]
    assert story.breach_unknown == [
        "Om det mulige brud, opdaget tirsdag den 14. januar 2020 kl. 00.00, er et brud, der skal anmeldes "
        "til Datatilsynet. "
        "Fristen for at anmelde til Datatilsynet var fredag den 17. januar 2020 kl. 00.00."
    ]


def test_breach_that_must_be_notified_is_not_asked_about_again(cast):
    BreachAssessment.objects.create(report=report(cast), answer="NOTIFY", reason="Frister er tabt.", by=cast.mette)
    story = read_story(cast.incident, cast.buf, timezone.now())
    assert story.breach_unknown == []
    due = "Fristen for at anmelde til Datatilsynet er torsdag den 16. januar 2020 kl. 00.00."
    assert f"Det er ikke anmeldt endnu. {due}" in story.breach_known[0]
    assert story.breach == "et brud på persondatasikkerheden skal anmeldes til Datatilsynet"


def test_assessment_that_there_is_no_breach_is_said_as_such(cast):
    about = {"report": report(cast), "answer": "NOT_A_BREACH", "by": cast.mette}
    BreachAssessment.objects.create(reason="Ingen har set brevene.", **about)
    version = take_version(cast.incident, cast.root, cast.mette)
    said = "Koncern IT vurderer, at der ikke er sket et brud på persondatasikkerheden"
    assert said in words_of(version, "summary")
    assert "Begrundelse: Ingen har set brevene." in words_of(version, "breach")


def test_note_speaks_of_the_deadline_in_the_tense_of_its_day(cast, monday):
    services.decide(cast.plain, NO_DISPATCH, cast.karen, version=0)
    before = text_of(cast.incident, cast.buf, cast.mette)
    assert before.lower().count("fristen er onsdag den 15. januar 2020") == 2
    monday.move_to(at(2020, 1, 15, 23))
    assert "Fristen er onsdag" in text_of(cast.incident, cast.buf, cast.mette)
    monday.move_to(at(2020, 1, 16))
    after = text_of(cast.incident, cast.buf, cast.mette)
    assert after.lower().count("fristen var onsdag den 15. januar 2020") == 2
    assert [words for words in ("Fristen er", "skal have besluttet", "beslutter resten senest") if words in after] == []


def test_letter_that_was_sent_back_is_not_followed_up(cast):
    letters = Letter.objects.filter(incident=cast.incident)
    for letter in letters:
        services.decide(letter, NO_DISPATCH, letter.sender, version=0)
    letters.exclude(pk=cast.plain.pk).update(withdrawn_at=timezone.now())
    services.send_back(cast.plain, cast.jens, 1, "Se igen.")
    left = words_of(take_version(cast.incident, cast.root, cast.mette), "process")
    assert "Afsenderne beslutter om 1 brev." in left
    assert "fulgt op på alle" not in left


def test_meeting_of_a_committee_that_is_over_is_not_announced(cast, monday):
    plan = {"contact_name": "L", "meeting_on": "2020-01-14", "received_at": timezone.now(), "received_by": cast.mette}
    AdministrationPlan.objects.create(incident=cast.incident, unit=cast.buf, **plan)
    assert "behandler sagen" in text_of(cast.incident, cast.buf, cast.mette)
    monday.move_to(at(2020, 1, 15))
    assert "behandler sagen" not in text_of(cast.incident, cast.buf, cast.mette)


def test_note_asks_the_breach_question_of_the_kind_and_counts_deletions(cast):
    assert "Datatilsynet" not in text_of(cast.incident, cast.buf, cast.mette)
    set_kind(cast, IncidentKind.WRONG_RECIPIENT)
    confirmed = answers_of(IncidentKind.WRONG_RECIPIENT)
    not_yet = {"deletion": "NOT_YET", "deletion_confirmed_on": None, "deletion_due_on": date(2020, 1, 20)}
    services.decide(cast.plain, confirmed, cast.karen, 0)
    services.decide(cast.soon, replace(confirmed, **not_yet), cast.karen, 0)
    version = take_version(cast.incident, cast.buf, cast.mette)
    assert "Breve kom til forkerte modtagere. Det kan være et brud" in words_of(version, "breach")
    assert "bekræftet, at 1 brev er slettet" in words_of(version, "consequences")
    assert "Om fejlen skal anmeldes til Datatilsynet. Fristen for" in words_of(version, "unknown")
    assert "mangler at bekræfte, at 1 brev er slettet" in words_of(version, "consequences")
    assert all(reveals_personnel_cases(one.key) for one in DELETIONS)
    report(cast, lost_confidentiality=True)
    version = take_version(cast.incident, cast.buf, cast.mette)
    assert "Om fejlen skal" not in words_of(version, "unknown")
    assert "Det kan være et brud" not in words_of(version, "breach"), "the report says that"


def test_note_says_that_lists_were_given_only_after_a_mail(cast):
    said = words_of(take_version(cast.incident, cast.buf, cast.mette), "solution")
    assert said.startswith("Koncern IT har lavet lister over brevene.Afsendere og ledere skal følge op")
    write_first_notices(cast.incident)
    put_in_state(delivery_to(cast.karen), State.ACCEPTED)
    said = words_of(take_version(cast.incident, cast.buf, cast.mette), "solution")
    assert "givet dem til afsendere og ledere" in said
    assert "hjælp af forvaltningens support" in said


def test_summary_says_both_the_settled_breach_and_the_one_that_is_open(cast):
    first = report(cast)
    answer = {"answer": "DO_NOT_NOTIFY", "reason": "Ingen har set dem.", "by": cast.mette}
    BreachAssessment.objects.create(report=first, **answer)
    report(cast)
    clause = read_story(cast.incident, cast.buf, timezone.now()).breach
    assert clause.startswith("Koncern IT vurderer, at bruddet på persondatasikkerheden ikke skal anmeldes")
    assert clause.endswith(", mens endnu et muligt brud ikke er afklaret")


def test_draft_older_than_an_assessment_asks_for_a_new_draft(cast, monday, as_user):
    found = report(cast)
    version = take_version(cast.incident, cast.buf, cast.mette)
    page = reverse("note", args=[version.pk])
    words = "Oplysningerne om databrud er ændret, efter at kladden blev lavet. Lav en ny kladde."
    assert words not in as_user(cast.birgitte).get(page).text
    monday.move_to(at(2020, 1, 13, 12))
    BreachAssessment.objects.create(report=found, answer="NOT_A_BREACH", reason="Ingen.", by=cast.mette)
    assert words in as_user(cast.birgitte).get(page).text


def test_mail_is_annexed_as_it_was_sent_without_names_and_letters(cast, monday):
    def annex():
        return words_of(take_version(cast.incident, cast.buf, cast.mette), "mail")

    write_first_notices(cast.incident)
    assert annex() == "", "no mail server took one yet"
    delivered = Notice.objects.order_by("pk").first().deliveries.get(role="TO")
    put_in_state(delivered, State.ACCEPTED)
    as_sent = annex()
    assert "senest onsdag den 15. januar 2020" in as_sent
    assert "- [brevets emne]" in as_sent
    assert "Kære [navn]" in as_sent
    for hidden in (*User.objects.values_list("name", flat=True), *Letter.objects.values_list("subject", flat=True)):
        assert not hidden or hidden not in as_sent, hidden
    monday.move_to(at(2020, 1, 20, 9))
    assert annex() == as_sent, "after the deadline too"
    User.objects.filter(pk=delivered.recipient_id).update(name="Et Nyt Navn")
    assert annex() == "", "the mail has the old name"


def test_plan_gives_statement_committee_and_case_number(cast):
    AdministrationPlan.objects.create(
        incident=cast.incident,
        unit=cast.buf,
        contact_name="Lisbeth Krog",
        statement="BUF ringer til alle.",
        committee="Børne- og Ungdomsudvalget",
        meeting_on="2020-01-14",
        case_number="2020-0011565",
        received_at=timezone.now(),
        received_by=cast.birgitte,
    )
    text = text_of(cast.incident, cast.buf, cast.mette)
    assert "BUF ringer til alle." in text
    assert "Tirsdag den 14. januar 2020: Børne- og Ungdomsudvalget behandler sagen." in text
    assert read_committee(cast.incident, cast.svalevej) == "Børne- og Ungdomsudvalget"
    assert read_committee(cast.incident, cast.sof) == "Socialforvaltningens udvalg"


def test_margin_says_only_what_somebody_has_said(cast):
    margin = take_version(cast.incident, cast.buf, cast.mette).content["margin"]
    assert margin == {
        "kind": "Notat til Børne- og Ungdomsforvaltningens udvalg",
        "title": "Sikker post, der ikke kom frem i december 2019",
        "case_number": "", "document_number": "", "case_worker": "Mette Dahl",
        "office": "Børne- og Ungdomsforvaltningen", "ean": "",
    }  # fmt: skip
    said = {"document_number": "2020-0011565-1", "case_worker": "Lisbeth Krog", "ean": "5798009381804"}
    said |= {"case_number": "2020-0011565", "office": "Digitalisering og Data\nGyldenløvesgade 15"}
    received = {"received_at": timezone.now(), "received_by": cast.birgitte, "contact_name": "L"}
    AdministrationPlan.objects.create(incident=cast.incident, unit=cast.buf, **said, **received)
    incident = Incident.objects.get()
    margin = take_version(incident, cast.buf, cast.mette).content["margin"]
    assert {name: margin[name] for name in said} == said
    assert take_version(incident, cast.root, cast.mette).content["margin"]["ean"] == ""


def test_note_on_the_whole_municipality_names_missing_plans(cast):
    received = {"received_at": timezone.now(), "received_by": cast.birgitte, "contact_name": "L"}
    AdministrationPlan.objects.create(incident=cast.incident, unit=cast.buf, text="Ring og send igen.", **received)
    AdministrationPlan.objects.create(incident=cast.incident, unit=cast.sof, **received)
    version = take_version(cast.incident, cast.root, cast.mette)
    said = words_of(version, "solution")
    assert "BUF har lagt en plan for opfølgningen. SOF mangler at sende en plan." in said
    assert "en plan" not in text_of(cast.incident, cast.buf, cast.mette)
    assert read_committee(cast.incident, cast.root) == "Økonomiudvalget"


def claims_in_note(cast):
    return [one for one in Claim.Kind if one.label[1:] in text_of(cast.incident, cast.buf, cast.mette)]


def claim_all(cast):
    for kind in Claim.Kind:
        save_row(Claim(incident=cast.incident, kind=kind, reason="Alle mails ligger i Outlook."), cast.mette)


def test_report_alone_makes_no_claim_about_all_letters(cast):
    BreachAssessment.objects.create(report=report(cast), answer="DO_NOT_NOTIFY", reason="Alt er set.", by=cast.mette)
    text = text_of(cast.incident, cast.buf, cast.mette)
    assert not [words for words in ("ingen breve er", "ingen er havnet", "kan sendes igen") if words in text]


def test_claim_stands_with_its_author_and_reason_until_it_is_withdrawn(cast):
    claim_all(cast)
    assert claims_in_note(cast) == list(Claim.Kind)
    said = "den 13. januar 2020, at ingen breve er gået tabt, og at ingen breve er kommet uvedkommende i hænde, og at "
    said += "alle breve kan sendes igen. Begrundelse: Alle mails ligger i Outlook."
    assert said in text_of(cast.incident, cast.sof, cast.mette)
    lost = Claim.objects.get(kind=Claim.Kind.NONE_LOST)
    lost.is_withdrawn = True
    save_row(lost, cast.mette, lost.version)
    assert claims_in_note(cast) == [Claim.Kind.NO_STRANGER, Claim.Kind.ALL_RESENDABLE]


def test_missing_original_contradicts_two_claims(cast):
    claim_all(cast)
    services.mark_original_missing(cast.plain, cast.karen, 0)
    assert claims_in_note(cast) == [Claim.Kind.NO_STRANGER]


@pytest.mark.parametrize(("lost_confidentiality", "answer"), [(False, None), (False, "UNDECIDED"), (True, "NOTIFY")])
def test_open_or_confidential_report_contradicts_that_no_stranger_has_seen_a_letter(cast, lost_confidentiality, answer):
    claim_all(cast)
    found = report(cast, lost_confidentiality=lost_confidentiality)
    if answer:
        BreachAssessment.objects.create(report=found, answer=answer, reason="Set.", by=cast.mette)
    assert Claim.Kind.NO_STRANGER not in claims_in_note(cast)


def test_kind_of_incident_contradicts_claims(cast):
    claim_all(cast)
    set_kind(cast, IncidentKind.WRONG_RECIPIENT)
    assert claims_in_note(cast) == [Claim.Kind.NONE_LOST, Claim.Kind.ALL_RESENDABLE]


def test_incident_page_says_why_a_claim_is_not_printed(cast, as_user):
    page = as_user(cast.mette).get(reverse("incident")).text
    assert page.count("Ikke vurderet endnu.") == 3
    claim_all(cast)
    assert "Står ikke i notatet" not in as_user(cast.mette).get(reverse("incident")).text
    services.mark_original_missing(cast.plain, cast.karen, 0)
    assert as_user(cast.mette).get(reverse("incident")).text.count("Står ikke i notatet: Mindst ét brevs original") == 2
    report(cast)
    unassessed = "Ingen udsagn står i notatet: Det er ikke afgjort, om det mulige brud"
    assert as_user(cast.mette).get(reverse("incident")).text.count(unassessed) == 1
    assert "Udsagn til notatet" not in as_user(cast.birgitte).get(reverse("incident")).text
