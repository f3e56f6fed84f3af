"""*Brevet*: one form, one POST, one page back; and concurrent edits of the same letter."""

import re
from dataclasses import replace

import pytest
from django.urls import reverse

from followups import services
from followups.models import Decision, Escalation, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Letter
from letters.recipient_keys import short_recipient_code
from sepo_incident.core.forms import CPR_REFUSAL
from tests.factories import LetterFactory, at
from tests.followups.decision_answers import (
    HARM_HANDLED,
    NEW_LETTER_SENT,
    NEW_LETTER_UNSENT,
    RESENT,
    REVIEW_OPEN,
    decision_kinds,
    followup_of,
)
from tests.followups.decision_posts import HARM_POST, RESEND_POST
from tests.followups.responses import page_text

pytestmark = pytest.mark.usefixtures("monday")
Status, Kind = FollowUp.Status, Decision.Kind


def url(letter, name="letter") -> str:
    return reverse(name, args=[letter.pk])


def text_without_reference(text) -> str:
    """Remove the reference number and the token, which differ in each response."""
    return re.sub(r'<strong class="mono">\w+</strong>|value="\w{64}"', "", text)


def test_page_has_facts_form_and_help(cast, as_user):
    page = as_user(cast.karen).get(url(cast.passed))
    assert "18.\N{NO-BREAK SPACE}december 2019 kl.\N{NO-BREAK SPACE}14.05" in page.content.decode()
    text = page_text(page)
    for words in (
        "Brev 1 af 5</p>",
        "Onsdag den 18. december 2019 kl. 14.05",
        "Passeret 6. januar",
        "Gem og vis næste brev (2 af 5)",
        "emne:&#34;Partshøring om udeblivelse, svar inden 6. januar&#34; sendt:18-12-2019",
        "Vi sendte dig et brev den 18. december 2019",
        "Jens Ågård bekræfter din beslutning.",
        "(række 212)",
    ):
        assert words in text
    assert 'value="6"' in text, "the date in the letter is proposed"


def test_saving_leads_to_the_next_letter_and_can_be_undone(cast, as_user):
    karen = as_user(cast.karen)
    response = karen.post(url(cast.passed), RESEND_POST, follow=True)
    assert response.redirect_chain == [(f"{url(cast.soon)}?gemt={cast.passed.pk}", 302)]
    text = page_text(response)
    assert "Sendes igen." in text
    assert f'action="{url(cast.passed, "undo_decision")}"' in text
    response = karen.post(url(cast.passed, "undo_decision"), {"version": "1"}, follow=True)
    assert "Beslutningen er fortrudt" in page_text(response)
    assert followup_of(cast.passed).is_open
    assert decision_kinds(cast.passed) == [Kind.DECIDED, Kind.UNDONE]


def test_saving_leads_to_the_list_on_request_and_after_the_last_letter(cast, as_user):
    response = as_user(cast.karen).post(url(cast.passed), RESEND_POST | {"then": "liste"})
    assert response.url == f"/mine-breve/?gemt={cast.passed.pk}"
    assert as_user(cast.anne).post(url(cast.annes), RESEND_POST).url == f"/mine-breve/?gemt={cast.annes.pk}"


def test_saved_message_says_that_an_answer_is_missing(cast, as_user):
    services.decide(cast.plain, REVIEW_OPEN, cast.karen, version=0)
    assert "Sendes igen. Et svar mangler." in page_text(as_user(cast.karen).get(f"/mine-breve/?gemt={cast.plain.pk}"))


def test_saved_message_is_shown_to_the_author_only(cast, as_user):
    services.decide(cast.passed, RESENT, cast.karen, version=0)
    for person in (cast.jens, cast.anne):
        assert "Gemt:" not in page_text(as_user(person).get(f"/mine-breve/?gemt={cast.passed.pk}"))
    assert as_user(cast.karen).get("/mine-breve/?gemt=x").status_code == 200


def test_errors_are_shown_in_summary_and_field_and_keep_the_text(cast, as_user):
    harm = HARM_POST | {"consequence_text": "Om 070761-4285", "severity": "", "amount": "meget"}
    response = as_user(cast.karen).post(url(cast.passed), RESEND_POST | harm)
    text = page_text(response)
    assert response.status_code == 422
    assert "Der er tre ting at rette" in text
    assert '<a href="#id_amount">Beløb i kroner: Skriv beløbet' in text
    assert '<a href="#id_severity_0">' in text
    assert "(kan udelades)" not in text.split("alert-error")[1].split("</ul>")[0]
    assert '<a href="#id_consequence_text">' in text
    assert "<title>Fejl: Brev" in " ".join(text.split())
    assert "Om 070761-4285" in text, "the writer sees what was typed"
    assert CPR_REFUSAL in text
    assert not Decision.objects.exists(), "and nothing is stored"


def test_saved_decision_is_shown(cast, as_user):
    services.decide(cast.passed, HARM_HANDLED, cast.karen, version=0)
    text = page_text(as_user(cast.karen).get(url(cast.passed)))
    for words in ("Ja, 6. januar 2020. Ny dato: 27. januar 2020", "1.250,5", "Ja, journalnummer 2020-0000000"):
        assert words in text
    assert "<textarea" not in text


def test_passed_date_is_prefilled_and_resending_is_questioned(cast, as_user):
    karen = as_user(cast.karen)
    doubt = "Datoen 6. januar er passeret. Passer brevet stadig?"
    page = karen.get(url(cast.passed))
    assert page.context["form"]["deadline_missed"].value() == "ja"
    assert doubt in page_text(page)
    errors = karen.post(url(cast.passed), RESEND_POST | {"consequence_review": ""})
    assert doubt in page_text(errors)
    assert errors.context["form"]["deadline_missed"].value() == "nej", "what was answered stays"
    for letter in (cast.soon, cast.plain):
        page = karen.get(url(letter))
        assert page.context["form"]["deadline_missed"].value() is None
        assert "Passer brevet stadig?" not in page_text(page)
    assert karen.post(url(cast.passed), RESEND_POST).status_code == 302, "nobody is stopped"


def test_undone_decision_can_be_fetched_without_writing(cast, as_user):
    services.decide(cast.passed, HARM_HANDLED, cast.karen, version=0)
    services.undo_decision(cast.passed, cast.karen, version=1)
    karen = as_user(cast.karen)
    assert 'href="?hent=1"' in page_text(karen.get(url(cast.passed)))
    response = karen.get(url(cast.passed) + "?hent=1")
    assert "De tidligere svar er hentet." in page_text(response)
    assert "Familien kunne ikke svare" in page_text(response)
    assert response.context["form"].initial["version"] == 2
    assert decision_kinds(cast.passed) == [Kind.DECIDED, Kind.UNDONE]
    for nothing in ("2", "99", "x", ""):
        assert karen.get(f"{url(cast.passed)}?hent={nothing}").context["form"].initial.get("note") is None


def test_stale_form_shows_the_other_decision_and_keeps_the_text(cast, as_user):
    services.decide(cast.passed, RESENT, cast.jens, version=0)
    typed = RESEND_POST | HARM_POST | {"note": "Jeg har talt med familien"}
    karen = as_user(cast.karen)
    response = karen.post(url(cast.passed), typed)
    text = page_text(response)
    assert response.status_code == 409
    assert "Jens Ågård har gemt brevet imens" in text
    assert "Brevet er sendt igen" in text
    assert "Jeg har talt med familien" in text
    assert "Familien mistede pladsen" in text
    assert karen.post(url(cast.passed), typed | {"version": "1"}).status_code == 302
    assert followup_of(cast.passed).note == "Jeg har talt med familien"
    assert decision_kinds(cast.passed) == [Kind.DECIDED, Kind.DECIDED]


def test_letter_confirmed_meanwhile_asks_for_a_reason_and_keeps_the_text(cast, as_user):
    services.decide(cast.passed, RESENT, cast.karen, version=0)
    services.confirm_letter(cast.passed, cast.jens, version=1)
    response = as_user(cast.karen).post(url(cast.passed), RESEND_POST | {"version": "1", "note": "For sent"})
    text = page_text(response)
    assert response.status_code == 409
    assert "For sent" in text
    assert "Retter du den bekræftede beslutning, skal den bekræftes igen." in text
    assert "Skriv en begrundelse." not in text, "nobody had asked for it"
    assert decision_kinds(cast.passed) == [Kind.DECIDED, Kind.CONFIRMED]
    again = RESEND_POST | {"version": "2", "note": "For sent", "correction_reason": "Mødet er flyttet"}
    assert as_user(cast.karen).post(url(cast.passed), again).status_code == 302
    assert decision_kinds(cast.passed)[2:] == [Kind.CORRECTED, Kind.DECIDED]


@pytest.mark.parametrize("answers", [RESEND_POST, RESEND_POST | {"remedy": HELP, "question": "Hvad nu?"}])
def test_double_click_saves_once(cast, as_user, answers):
    karen = as_user(cast.karen)
    first, second = karen.post(url(cast.soon), answers), karen.post(url(cast.soon), answers)
    assert (first.status_code, second.status_code) == (302, 302)
    assert len(decision_kinds(cast.soon)) == 1
    if answers is RESEND_POST:
        assert first.url == second.url
    assert as_user(cast.jens).post(url(cast.soon), answers).status_code == 409, "somebody else's is one"


def test_title_tells_letters_apart_without_their_subject(cast, as_user):
    def title(reader, letter):
        return re.search(r"<title>(.*?) –", page_text(as_user(reader).get(url(letter))))[1].strip()

    for letter in (cast.plain, cast.personnel):
        assert title(cast.karen, letter) == f"Brev, kode {short_recipient_code(letter.recipient_key)}"
    assert title(cast.mette, cast.personnel) == f"Personalesag, brev {cast.personnel.pk}", "a reader of facts"


def test_record_question_is_beside_the_sent_button(cast, as_user):
    services.decide(cast.plain, replace(NEW_LETTER_SENT, is_sent=False), cast.karen, version=0)
    karen, version = as_user(cast.karen), {"version": "1"}
    assert page_text(karen.get(url(cast.plain))).count("Er ændringen journaliseret?") == 1
    typed = version | {"journalised": "ja", "record_number": ""}
    refused = karen.post(url(cast.plain, "mark_done"), typed)
    assert (refused.status_code, "Skriv journalnummeret." in refused.text) == (422, True)
    typed["record_number"] = "2020-0000000"
    said = page_text(karen.post(url(cast.plain, "mark_done"), typed, follow=True))
    assert karen.post(url(cast.plain, "mark_done"), typed).status_code == 302, "a double click"
    assert "Lederen kan ikke bekræfte endnu." not in said
    assert "<dt>Journaliseret</dt><dd>Ja, journalnummer 2020-0000000</dd>" in said
    assert "Du skrev, at brevet er sendt, og at ændringen er journaliseret (2020-0000000)." in said
    services.confirm_letter(cast.plain, cast.jens, version=2)


def test_marking_as_sent_asks_for_the_missing_answer_alone(cast, as_user):
    services.decide(cast.plain, replace(NEW_LETTER_SENT, is_sent=False), cast.karen, version=0)
    karen = as_user(cast.karen)
    said = page_text(karen.post(url(cast.plain, "mark_done"), {"version": "1"}, follow=True))
    assert "Lederen kan ikke bekræfte endnu." in said
    assert "Mangler svar" in said
    assert f'action="{url(cast.plain, "put_on_record")}"' in said
    sent_at = followup_of(cast.plain).done_at
    assert karen.post(url(cast.plain, "put_on_record"), {"version": "2"}).status_code == 422
    typed = {"version": "2", "journalised": "ikke-noedvendigt", "no_record_reason": "Hører ikke til en sag"}
    said = page_text(karen.post(url(cast.plain, "put_on_record"), typed, follow=True))
    assert "Du skrev, at ændringen ikke skal journaliseres: »Hører ikke til en sag«" in said
    assert "Mangler svar" not in said
    assert (followup_of(cast.plain).done_at, decision_kinds(cast.plain)[1:]) == (sent_at, [Kind.DONE, Kind.RECORDED])
    late = karen.post(url(cast.plain, "put_on_record"), typed | {"no_record_reason": "Noget andet"})
    assert late.status_code == 302, "again the same button"
    services.send_back(cast.plain, cast.jens, 3, "Er det den rigtige pjece?")
    late = karen.post(url(cast.plain, "put_on_record"), typed)
    assert (late.status_code, "Hører ikke til en sag" in late.text) == (409, True)


def test_double_click_on_a_button_acts_once(cast, as_user):
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    services.decide(cast.soon, RESENT, cast.karen, version=0)
    steps = [
        (cast.plain, 1, cast.karen, "mark_done", "Brevet er markeret som sendt."),
        (cast.plain, 2, cast.karen, "undo_decision", "Beslutningen er fortrudt."),
        (
            cast.soon,
            1,
            cast.jens,
            "confirm_letter",
            "brevet er fulgt op. Der mangler stadig bevis",
        ),
    ]
    for letter, version, person, act, said in steps:
        client, seen = as_user(person), {"version": str(version)}
        client.post(url(letter, act), seen)
        text = page_text(client.post(url(letter, act), seen, follow=True))
        assert text.count(said) == 1
        assert "Brevet er ændret, mens du læste." not in text


def test_the_leader_decides_on_behalf_and_confirms(cast, as_user):
    jens = as_user(cast.jens)
    text = page_text(jens.get(url(cast.passed)))
    assert "Du beslutter på vegne af Karen Bülow Møller" in text
    assert "Brev 1 af 5 fra Karen Bülow Møller" in text
    assert "Aftal med Karen Bülow Møller, hvem der sender brevet" in text
    for to_the_sender in ("Find mailen i Outlook", "Udkast til modtageren", "Jeg sender", "Jeg skriver", "du gjort"):
        assert to_the_sender not in text
    jens.post(url(cast.passed), RESEND_POST)
    text = page_text(jens.get(url(cast.passed)))
    assert "Jens Ågård på vegne af Karen Bülow Møller" in text
    response = jens.post(url(cast.passed, "confirm_letter"), {"version": "1"}, follow=True)
    assert "Retter du den, skal den bekræftes igen." in page_text(response)
    assert followup_of(cast.passed).status == Status.CONFIRMED


def test_acts_with_a_stale_version_are_refused(cast, as_user):
    services.decide(cast.passed, RESENT, cast.karen, version=0)
    for act, version in (("undo_decision", "0"), ("confirm_letter", "x")):
        response = as_user(cast.jens).post(url(cast.passed, act), {"version": version}, follow=True)
        assert "Brevet er ændret, mens du læste." in page_text(response)
    assert decision_kinds(cast.passed) == [Kind.DECIDED]


def test_reader_without_decision_right_sees_who_is_responsible(cast, as_user):
    response = as_user(cast.pia).get(url(cast.passed))
    assert response.context["form"] is None
    said = "Karen Bülow Møller beslutter sammen med Jens Ågård."
    assert said in page_text(response)


def test_invisible_letter_is_an_explained_404(cast, as_user):
    response = as_user(cast.ulla).get(url(cast.passed))
    assert response.status_code == 404
    text = page_text(response)
    assert "Har en kollega sendt dig linket?" in text
    assert "Videresend mailen til" in text
    assert "Partshøring" not in text
    nowhere = page_text(as_user(cast.ulla).get("/brev/999999/"))
    assert text_without_reference(text) == text_without_reference(nowhere), "it does not tell that the letter exists"


def test_unopened_and_withdrawn_letters_take_no_decision(cast, as_user):
    unopened = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens)
    Letter.objects.filter(pk=cast.soon.pk).update(withdrawn_at=at(2020, 1, 9, 9, 0))
    karen = as_user(cast.karen)
    assert "Opfølgningen er ikke åbnet endnu" in page_text(karen.get(url(unopened)))
    assert "Brevet er trukket tilbage" in page_text(karen.get(url(cast.soon)))
    for letter in (unopened, cast.soon):
        assert karen.post(url(letter), RESEND_POST).status_code == 403
        assert karen.post(url(letter, "undo_decision"), {"version": "0"}).status_code == 403


def test_open_question_is_shown_and_desk_notes_are_not(cast, as_user):
    karen = as_user(cast.karen)
    karen.post(url(cast.passed), RESEND_POST | {"remedy": HELP, "question": "Skal det sendes igen?"})
    text = page_text(karen.get(url(cast.passed)))
    assert "Ingen har taget henvendelsen endnu." in text
    assert 'value="HELP"' not in text, "nobody asks twice"
    escalation = services.take_escalation(Escalation.objects.get(), cast.pia)
    services.add_note(escalation, "Hemmelig note", cast.pia)
    assert "Pia Søndergård fra DIT tog henvendelsen" in page_text(as_user(cast.karen).get(url(cast.passed)))
    services.answer_escalation(escalation, "Ja, send det igen", cast.pia)
    for person in (cast.karen, cast.mette):
        text = page_text(as_user(person).get(url(cast.passed)))
        assert ("Beslut nu" in text) == (person == cast.karen)
        assert "Ja, send det igen" in text
        assert "Hemmelig note" not in text


def test_personnel_case_hides_subject_and_answers_from_others(cast, as_user):
    secret = DecisionAnswers(
        remedy="NEW_LETTER",
        is_sent=True,
        deadline_missed=False,
        consequence_review="FOUND",
        parties=("RECIPIENT",),
        severity="GRAVE",
        consequence_text="Hemmelig følge",
        no_record_reason="Hemmelig begrundelse",
        note="Hemmelig bemærkning",
    )
    services.decide(cast.personnel, DecisionAnswers(remedy=HELP, question="Hemmeligt spørgsmål"), cast.karen, version=0)
    services.decide(cast.personnel, secret, cast.karen, version=1)
    for person in (cast.birgitte, cast.mette, cast.pia):
        text = page_text(as_user(person).get(url(cast.personnel)))
        assert "Personalesag (emne skjult)" in text
        assert "emmelig" not in text
        assert "sygefravær" not in text.lower()
        assert as_user(person).post(url(cast.personnel), RESEND_POST | {"version": "2"}).status_code == 403
    for person in (cast.karen, cast.jens, cast.hanne):
        text = page_text(as_user(person).get(url(cast.personnel)))
        assert "Hemmelig følge" in text
        assert "Hemmeligt spørgsmål" in text
        assert ("Det er en personalesag:" in text) is (person != cast.hanne), "nobody is told to ring themselves"
