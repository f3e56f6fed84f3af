"""*Brevet*: one form, one POST, one page back; and what happens when two sit with the same letter."""

import re
from dataclasses import replace

import pytest
from django.urls import reverse

from followups import services
from followups.models import Decision, Escalation, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from letters.models import Letter
from sepo_incident.accounts.models import Membership
from sepo_incident.core.forms import CPR_REFUSAL
from tests.factories import LetterFactory, at
from tests.followups.test_decision_form import HARM, RESEND
from tests.followups.test_services import HARMED, NEW_LATER, NEW_SENT, SENT_AGAIN, kinds, standing

pytestmark = pytest.mark.usefixtures("monday")
Status, Kind = FollowUp.Status, Decision.Kind


def url(letter, name="letter") -> str:
    return reverse(name, args=[letter.pk])


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def text_without_reference(text) -> str:
    """Each answer has a number and a token of its own."""
    return re.sub(r'<strong class="mono">\w+</strong>|value="\w{64}"', "", text)


def test_the_page_has_facts_form_and_help(cast, as_user):
    page = as_user(cast.karen).get(url(cast.passed))
    assert "18.\N{NO-BREAK SPACE}december 2019 kl.\N{NO-BREAK SPACE}14.05" in page.content.decode()
    text = text_of(page)
    for words in (
        "Brev 1 af 5</p>",
        "Onsdag den 18. december 2019 kl. 14.05",
        "Passeret for 7 dage siden (6. januar)",
        "Dig, Svalevejens Skole",
        "Onsdag den 15. januar 2020 – om 2 dage",
        "Gem og vis næste brev (2 af 5)",
        "emne:&quot;Partshøring om udeblivelse, svar inden 6. januar&quot; sendt:18-12-2019",
        "Vi sendte dig et brev den 18. december 2019",
        "Jens Ågård ser din beslutning og bekræfter den.",
        "(række 212)",
    ):
        assert words in text
    assert 'value="6"' in text, "the date in the letter is proposed"


def test_saving_leads_to_the_next_letter_and_can_be_undone(cast, as_user):
    karen = as_user(cast.karen)
    response = karen.post(url(cast.passed), RESEND, follow=True)
    assert response.redirect_chain == [(f"{url(cast.soon)}?gemt={cast.passed.pk}", 302)]
    text = text_of(response)
    assert "Sendes igen." in text
    assert f'action="{url(cast.passed, "undo_decision")}"' in text
    response = karen.post(url(cast.passed, "undo_decision"), {"version": "1"}, follow=True)
    assert "Beslutningen er fortrudt" in text_of(response)
    assert standing(cast.passed).is_open
    assert kinds(cast.passed) == [Kind.DECIDED, Kind.UNDONE]


def test_saving_leads_back_to_the_list_when_asked_to_and_after_the_last(cast, as_user):
    response = as_user(cast.karen).post(url(cast.passed), RESEND | {"then": "liste"})
    assert response.url == f"/mine-breve/?gemt={cast.passed.pk}"
    assert as_user(cast.anne).post(url(cast.annes), RESEND).url == f"/mine-breve/?gemt={cast.annes.pk}"


def test_what_was_saved_is_only_told_to_who_saved_it(cast, as_user):
    services.decide(cast.passed, SENT_AGAIN, cast.karen, version=0)
    for person in (cast.jens, cast.anne):
        assert "Gemt:" not in text_of(as_user(person).get(f"/mine-breve/?gemt={cast.passed.pk}"))
    assert as_user(cast.karen).get("/mine-breve/?gemt=x").status_code == 200


def test_errors_stand_in_a_summary_and_at_the_field_and_keep_the_text(cast, as_user):
    harm = HARM | {"consequence_text": "Om 070761-4285", "severity": "", "amount": "meget"}
    response = as_user(cast.karen).post(url(cast.passed), RESEND | harm)
    text = text_of(response)
    assert response.status_code == 422
    assert "Der er tre ting at rette" in text
    assert '<a href="#id_amount">Beløb i kroner: Skriv beløbet' in text
    assert '<a href="#id_severity_0">' in text
    assert "(kan udelades)" not in text.split("alert-error")[1].split("</ul>")[0]
    assert '<a href="#id_consequence_text">' in text
    assert "<title>Fejl: Brev" in text
    assert "Om 070761-4285" in text, "the writer sees what was typed"
    assert CPR_REFUSAL in text
    assert not Decision.objects.exists(), "and nothing is stored"


def test_a_decision_is_read_back_as_it_was_given(cast, as_user):
    services.decide(cast.passed, HARMED, cast.karen, version=0)
    text = text_of(as_user(cast.karen).get(url(cast.passed)))
    for words in (
        "Et nyt brev er sendt",
        "Ja, 6. januar 2020. Ny dato: 27. januar 2020",
        "Ja, for modtageren og kommunen",
        "Familien kunne ikke svare",
        "1.250,5",
        "Ja, journalnummer 2020-0000000",
        "Talt med lederen",
    ):
        assert words in text
    assert "<textarea" not in text


def test_a_date_that_has_passed_is_answered_in_advance_and_doubted_when_the_same_letter_is_sent(cast, as_user):
    karen = as_user(cast.karen)
    doubt = "Datoen 6. januar er passeret. Passer brevet stadig?"
    page = karen.get(url(cast.passed))
    assert page.context["form"]["deadline_missed"].value() == "ja"
    assert doubt in text_of(page)
    errors = karen.post(url(cast.passed), RESEND | {"consequence_review": ""})
    assert doubt in text_of(errors)
    assert errors.context["form"]["deadline_missed"].value() == "nej", "what was answered stays"
    for letter in (cast.soon, cast.plain):
        page = karen.get(url(letter))
        assert page.context["form"]["deadline_missed"].value() is None
        assert "Passer brevet stadig?" not in text_of(page)
    assert karen.post(url(cast.passed), RESEND).status_code == 302, "nobody is stopped"


def test_the_day_of_the_date_itself_has_not_passed(cast, as_user, monday):
    monday.move_to(at(2020, 1, 15, 23, 59))
    assert "Passer brevet stadig?" not in text_of(as_user(cast.karen).get(url(cast.soon)))
    monday.move_to(at(2020, 1, 16, 0, 0))
    assert "Passer brevet stadig?" in text_of(as_user(cast.karen).get(url(cast.soon)))


def test_a_letter_decided_but_not_sent_is_marked_sent_later(cast, as_user):
    services.decide(cast.passed, NEW_LATER, cast.karen, version=0)
    karen = as_user(cast.karen)
    assert "Nu er brevet sendt" in text_of(karen.get(url(cast.passed)))
    response = karen.post(url(cast.passed, "mark_done"), {"version": "1"}, follow=True)
    assert "Et nyt brev er sendt" in text_of(response)
    assert standing(cast.passed).status == Status.DONE


def test_an_undone_decision_can_be_fetched_back_and_fetching_writes_nothing(cast, as_user):
    services.decide(cast.passed, HARMED, cast.karen, version=0)
    services.undo_decision(cast.passed, cast.karen, version=1)
    karen = as_user(cast.karen)
    assert 'href="?hent=1"' in text_of(karen.get(url(cast.passed)))
    response = karen.get(url(cast.passed) + "?hent=1")
    assert "Vi har hentet svarene fra før" in text_of(response)
    assert "Familien kunne ikke svare" in text_of(response)
    assert response.context["form"].initial["version"] == 2
    assert kinds(cast.passed) == [Kind.DECIDED, Kind.UNDONE]
    for nothing in ("2", "99", "x", ""):
        assert karen.get(f"{url(cast.passed)}?hent={nothing}").context["form"].initial.get("note") is None


def test_a_stale_form_is_told_what_the_other_saved_and_loses_no_text(cast, as_user):
    services.decide(cast.passed, SENT_AGAIN, cast.jens, version=0)
    typed = RESEND | HARM | {"note": "Jeg har talt med familien"}
    karen = as_user(cast.karen)
    response = karen.post(url(cast.passed), typed)
    text = text_of(response)
    assert response.status_code == 409
    assert "Jens Ågård har gemt noget om brevet, mens du skrev" in text
    assert "Brevet er sendt igen" in text
    assert "Jeg har talt med familien" in text
    assert "Familien mistede pladsen" in text
    assert 'name="version" value="1"' in text
    assert "Gem min beslutning i stedet" in text
    assert karen.post(url(cast.passed), typed | {"version": "1"}).status_code == 302
    assert standing(cast.passed).note == "Jeg har talt med familien"
    assert kinds(cast.passed) == [Kind.DECIDED, Kind.DECIDED]


def test_an_answer_that_came_while_one_typed_is_shown_too(cast, as_user):
    services.decide(cast.passed, DecisionAnswers(remedy=HELP, question="Hvad nu?"), cast.karen, version=0)
    escalation = services.take_escalation(Escalation.objects.get(), cast.pia)
    services.answer_escalation(escalation, "Send det igen", cast.pia)
    response = as_user(cast.karen).post(url(cast.passed), RESEND | {"version": "1"})
    assert response.status_code == 409
    assert "Send det igen" in text_of(response)


def test_a_letter_confirmed_meanwhile_asks_why_it_is_changed_and_the_text_is_there(cast, as_user):
    services.decide(cast.passed, SENT_AGAIN, cast.karen, version=0)
    services.confirm_letter(cast.passed, cast.jens, version=1)
    response = as_user(cast.karen).post(url(cast.passed), RESEND | {"version": "1", "note": "For sent"})
    text = text_of(response)
    assert response.status_code == 409
    assert "For sent" in text
    assert "Vil du ændre den bekræftede beslutning, så skriv hvorfor, og gem." in text
    assert "Skriv en begrundelse." not in text, "nobody had asked for it"
    assert kinds(cast.passed) == [Kind.DECIDED, Kind.CONFIRMED]
    again = RESEND | {"version": "2", "note": "For sent", "correction_reason": "Mødet er flyttet"}
    assert as_user(cast.karen).post(url(cast.passed), again).status_code == 302
    assert kinds(cast.passed)[2:] == [Kind.CORRECTED, Kind.DECIDED]


@pytest.mark.parametrize("answers", [RESEND, RESEND | {"remedy": HELP, "question": "Hvad nu?"}])
def test_a_double_click_saves_once_and_is_no_conflict(cast, as_user, answers):
    karen = as_user(cast.karen)
    first, second = karen.post(url(cast.soon), answers), karen.post(url(cast.soon), answers)
    assert (first.status_code, second.status_code) == (302, 302)
    assert len(kinds(cast.soon)) == 1
    if answers is RESEND:
        assert first.url == second.url
    assert as_user(cast.jens).post(url(cast.soon), answers).status_code == 409, "somebody else's is one"


def test_whether_it_is_on_record_is_asked_beside_the_button_that_says_it_is_sent(cast, as_user):
    services.decide(cast.plain, replace(NEW_SENT, is_sent=False), cast.karen, version=0)
    karen, version = as_user(cast.karen), {"version": "1"}
    assert text_of(karen.get(url(cast.plain))).count("Er ændringen skrevet på sagen?") == 1
    typed = version | {"journalised": "ja", "record_number": ""}
    refused = karen.post(url(cast.plain, "mark_done"), typed)
    assert (refused.status_code, "Skriv journalnummeret." in refused.text) == (422, True)
    typed["record_number"] = "2020-0000000"
    said = text_of(karen.post(url(cast.plain, "mark_done"), typed, follow=True))
    assert karen.post(url(cast.plain, "mark_done"), typed).status_code == 302, "a double click"
    assert "Men det mangler et svar" not in said
    assert "<dt>Skrevet på sagen</dt><dd>Ja, journalnummer 2020-0000000</dd>" in said
    assert "Du skrev, at brevet er sendt, og at ændringen er skrevet på sagen (2020-0000000)." in said
    services.confirm_letter(cast.plain, cast.jens, version=2)


def test_who_says_it_is_sent_alone_is_told_what_is_lacking_and_answers_that_alone(cast, as_user):
    services.decide(cast.plain, replace(NEW_SENT, is_sent=False), cast.karen, version=0)
    karen = as_user(cast.karen)
    said = text_of(karen.post(url(cast.plain, "mark_done"), {"version": "1"}, follow=True))
    assert "Men det mangler et svar, før det kan bekræftes." in said
    assert "Mangler svar" in said
    assert f'action="{url(cast.plain, "put_on_record")}"' in said
    sent_at = standing(cast.plain).done_at
    assert karen.post(url(cast.plain, "put_on_record"), {"version": "2"}).status_code == 422
    typed = {"version": "2", "journalised": "ikke-noedvendigt", "no_record_reason": "Hører ikke til en sag"}
    said = text_of(karen.post(url(cast.plain, "put_on_record"), typed, follow=True))
    assert "Du skrev, at ændringen ikke behøver at stå på sagen: »Hører ikke til en sag«" in said
    assert "Mangler svar" not in said
    assert (standing(cast.plain).done_at, kinds(cast.plain)[1:]) == (sent_at, [Kind.DONE, Kind.RECORDED])
    late = karen.post(url(cast.plain, "put_on_record"), typed | {"no_record_reason": "Noget andet"})
    assert late.status_code == 302, "again the same button"
    services.send_back(cast.plain, cast.jens, 3, "Er det den rigtige pjece?")
    late = karen.post(url(cast.plain, "put_on_record"), typed)
    assert (late.status_code, "Hører ikke til en sag" in late.text) == (409, True)


def test_an_answer_to_the_leader_says_what_is_still_lacking(cast, as_user):
    services.decide(cast.plain, NEW_SENT, cast.karen, version=0)
    services.send_back(cast.plain, cast.jens, 1, "Er det den rigtige pjece?")
    typed = {"version": "2", "text": "Ja, den gælder hele året."}
    said = text_of(as_user(cast.karen).post(url(cast.plain, "uphold"), typed, follow=True))
    assert "Svaret er sendt. Men det mangler et svar, før det kan bekræftes." in said
    assert "venter på bekræftelse igen" not in said


def test_who_asks_for_help_sends_a_question_to_the_desk_that_answers(cast, as_user):
    karen = as_user(cast.karen)
    for letter, desk in ((cast.soon, "DIT"), (cast.personnel, "Personalejura")):
        page = text_of(karen.get(url(letter)))
        assert re.search(rf'when-help"[^>]*>.{{0,400}}?Send spørgsmålet til {desk}</button>', page)
        assert '<span class="unless-help">Jens Ågård ser din beslutning og bekræfter den. </span>' in page
        assert 'class="button button-primary unless-help" type="submit">Gem og vis næste brev' in page


def test_what_nobody_has_answered_is_no_no_and_what_was_sent_leads_on_to_its_arrival(cast, as_user):
    karen = as_user(cast.karen)
    saved = text_of(karen.post(url(cast.soon), RESEND, follow=True))
    assert f'<a href="{url(cast.soon, "arrival")}">Skriv her, når du ved, at det er kommet frem</a>' in saved
    assert "<dt>Skrevet på sagen</dt><dd>Ikke besvaret</dd>" in text_of(karen.get(url(cast.soon)))


def test_a_double_click_on_a_button_is_said_once_and_is_no_conflict(cast, as_user):
    services.decide(cast.plain, NEW_LATER, cast.karen, version=0)
    services.decide(cast.soon, SENT_AGAIN, cast.karen, version=0)
    steps = [
        (cast.plain, 1, cast.karen, "mark_done", "Nu står brevet som sendt."),
        (cast.plain, 2, cast.karen, "undo_decision", "Beslutningen er fortrudt."),
        (cast.soon, 1, cast.jens, "confirm_letter", "Beslutningen er bekræftet. Brevet mangler stadig bevis"),
    ]
    for letter, version, person, act, said in steps:
        client, seen = as_user(person), {"version": str(version)}
        client.post(url(letter, act), seen)
        text = text_of(client.post(url(letter, act), seen, follow=True))
        assert text.count(said) == 1
        assert "Der er sket noget med brevet" not in text


def test_the_leader_decides_on_behalf_and_confirms(cast, as_user):
    jens = as_user(cast.jens)
    text = text_of(jens.get(url(cast.passed)))
    assert "Du beslutter på vegne af Karen Bülow Møller" in text
    assert "Brev 1 af 5 fra Karen Bülow Møller" in text
    assert "Brevet ligger i Sendt post hos Karen Bülow Møller" in text
    for to_the_sender in ("Find mailen i Outlook", "Udkast til modtageren", "Jeg sender", "Jeg skriver", "du gjort"):
        assert to_the_sender not in text
    jens.post(url(cast.passed), RESEND)
    text = text_of(jens.get(url(cast.passed)))
    assert "Jens Ågård på vegne af Karen Bülow Møller" in text
    response = jens.post(url(cast.passed, "confirm_letter"), {"version": "1"}, follow=True)
    assert "Er noget forkert, kan du rette den og skrive hvorfor." in text_of(response)
    assert standing(cast.passed).status == Status.CONFIRMED


def test_the_menu_marks_mine_breve_for_own_letters_and_the_board_for_those_of_others(cast, as_user):
    def marked(person) -> str:
        found = re.search(r'<a href="([^"]+)" aria-current="page">', text_of(as_user(person).get(url(cast.passed))))
        return found[1] if found else ""

    assert marked(cast.karen) == "/mine-breve/"
    assert marked(cast.jens) == "/enheder/"
    Membership.objects.filter(user=cast.jens).delete()
    assert marked(cast.jens) == "", "he has no board, and these are not his letters"


def test_acts_from_an_old_page_do_nothing_and_say_so(cast, as_user):
    services.decide(cast.passed, SENT_AGAIN, cast.karen, version=0)
    for act in ("undo_decision", "confirm_letter"):
        for version in ("0", "", "x"):
            response = as_user(cast.jens).post(url(cast.passed, act), {"version": version}, follow=True)
            assert "Der er sket noget med brevet" in text_of(response)
    assert kinds(cast.passed) == [Kind.DECIDED]


def test_who_may_see_but_not_decide_reads_whose_it_is(cast, as_user):
    for person in (cast.sofie, cast.mette, cast.pia):
        response = as_user(person).get(url(cast.passed))
        text = text_of(response)
        assert response.context["form"] is None
        assert "Karen Bülow Møller har sendt brevet og beslutter sammen med sin leder, Jens Ågård," in text
        assert as_user(person).post(url(cast.passed), RESEND).status_code == 403
        assert as_user(person).post(url(cast.passed, "undo_decision"), {"version": "0"}).status_code == 403
        assert as_user(person).post(url(cast.passed, "confirm_letter"), {"version": "0"}).status_code == 403
    assert standing(cast.passed).is_open


def test_a_sender_does_not_confirm(cast, as_user):
    services.decide(cast.passed, SENT_AGAIN, cast.karen, version=0)
    assert as_user(cast.karen).post(url(cast.passed, "confirm_letter"), {"version": "1"}).status_code == 403


def test_a_letter_one_may_not_see_is_a_kind_404(cast, as_user):
    response = as_user(cast.anne).get(url(cast.passed))
    assert response.status_code == 404
    text = text_of(response)
    assert "Har en kollega sendt dig linket?" in text
    assert "Så videresend mailen til" in text
    assert "Partshøring" not in text
    nowhere = text_of(as_user(cast.anne).get("/brev/999999/"))
    assert text_without_reference(text) == text_without_reference(nowhere), "it does not tell that the letter exists"


def test_not_opened_and_withdrawn_letters_say_so_and_take_no_decision(cast, as_user):
    unopened = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens)
    Letter.objects.filter(pk=cast.soon.pk).update(withdrawn_at=at(2020, 1, 9, 9, 0))
    karen = as_user(cast.karen)
    assert "Opfølgningen er ikke åbnet endnu" in text_of(karen.get(url(unopened)))
    assert "Brevet er taget af listen" in text_of(karen.get(url(cast.soon)))
    for letter in (unopened, cast.soon):
        assert karen.post(url(letter), RESEND).status_code == 403
        assert karen.post(url(letter, "undo_decision"), {"version": "0"}).status_code == 403


def test_a_question_is_shown_until_it_is_answered_and_the_desks_note_never(cast, as_user):
    karen = as_user(cast.karen)
    karen.post(url(cast.passed), RESEND | {"remedy": HELP, "question": "Skal det sendes igen?"})
    text = text_of(karen.get(url(cast.passed)))
    assert "Du har bedt DIT om hjælp" in text
    assert "Ingen har taget spørgsmålet endnu." in text
    assert 'value="HELP"' not in text, "nobody asks twice"
    escalation = services.take_escalation(Escalation.objects.get(), cast.pia)
    services.add_note(escalation, "Hemmelig note", cast.pia)
    assert "Pia Søndergård fra DIT tog spørgsmålet" in text_of(as_user(cast.karen).get(url(cast.passed)))
    services.answer_escalation(escalation, "Ja, send det igen", cast.pia)
    for person in (cast.karen, cast.jens, cast.sofie, cast.pia):
        text = text_of(as_user(person).get(url(cast.passed)))
        assert "Svar fra DIT" in text
        assert ("Beslut nu" in text) == (person in (cast.karen, cast.jens))
        assert "Ja, send det igen" in text
        assert "Hemmelig note" not in text


def test_a_personnel_case_shows_others_neither_subject_nor_what_was_typed(cast, as_user):
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
    for person in (cast.birgitte, cast.sofie, cast.mette, cast.pia):
        text = text_of(as_user(person).get(url(cast.personnel)))
        assert "Personalesag (emne skjult)" in text
        assert "emmelig" not in text
        assert "sygefravær" not in text.lower()
        assert as_user(person).post(url(cast.personnel), RESEND | {"version": "2"}).status_code == 403
    for person in (cast.karen, cast.jens, cast.hanne):
        text = text_of(as_user(person).get(url(cast.personnel)))
        assert "Hemmelig følge" in text
        assert "Hemmeligt spørgsmål" in text
        assert ("Det er en personalesag:" in text) is (person != cast.hanne), "nobody is told to ring themselves"


def test_an_expired_session_comes_back_to_the_letter(cast, client):
    response = client.post(url(cast.passed), RESEND)
    assert response.status_code == 302
    assert response.url == f"/log-ind/?next={url(cast.passed)}"
