"""*Aktindsigt*: what a record number or a recipient's code finds, for whom, and the log of what is withheld."""

import hashlib
import json
import logging
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.models import Arrival, Escalation, FollowUp, ProofPart
from followups.models.answers import HELP, DecisionAnswers
from followups.services import arrivals
from letters.models import Letter
from letters.recipient_keys import short_recipient_code
from notifications.evidence_pack import access_requests, evidence_pack_views
from notifications.models import Delivery, IncomingMail
from sepo_incident.accounts.models import Membership
from sepo_incident.core.logs import JsonFormatter
from tests.absence import reload_user
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.decision_answers import NO_DISPATCH, RESENT
from tests.notices import delivery_to
from tests.notifications.evidence_packs import CODE, OTHER_KEY, zip_contents

pytestmark = pytest.mark.usefixtures("monday")

NUMBER = "2020-0001234"
HIDDEN = "Søgningen gælder ikke 1 personalesag, for kun afsenderen, brevets leder og Personalejura må læse den."
CONTACT = "hos Personalejura og Forhandling i Koncernservice, 7080 8000."


def show(client, **asked):
    response = client.get(reverse("access_request"), asked)
    assert response.status_code == 200
    return response


def found(client, **asked) -> list[list[int]]:
    """Return the ids of the letters of each file on the page."""
    return [[row.pk for row in file.rows] for file in show(client, **asked).context["files"]]


def fetch(client, **asked) -> bytes:
    """Return the zip of the only file on the page."""
    [file] = show(client, **asked).context["files"]
    response = client.get(reverse("access_request_zip") + file.query)
    assert response.status_code == 200
    return response.getvalue()


def log_of(pack: bytes) -> str:
    return zip_contents(pack)["undtaget.txt"].decode()


def record(*letters: Letter, number: str = NUMBER) -> None:
    """Decide about the letters with the record number."""
    answers = replace(RESENT, is_journalised=True, record_number=number)
    for followup in FollowUp.objects.filter(letter__in=letters).select_related("letter__sender"):
        services.decide(followup.letter, answers, followup.letter.sender, followup.version)


def test_reader_gets_the_letters_that_the_reader_may_read(cast, as_user):
    record(cast.plain, cast.personnel, cast.ullas)
    for person, letters in (
        (cast.mette, [cast.ullas, cast.plain]),
        (cast.birgitte, [cast.plain]),
        (cast.hanne, [cast.personnel]),
    ):
        [file] = found(as_user(person), sag=NUMBER)
        assert set(file) == {one.pk for one in letters}, person
    for person in (cast.karen, cast.jens, cast.sofie, cast.pia, cast.olga):
        for name in ("access_request", "access_request_zip"):
            assert as_user(person).get(reverse(name), {"sag": NUMBER}).status_code == 403, person


@pytest.mark.parametrize("typed", [f"  {NUMBER} ", "2020-000 1234", "2020-0001234\0"])
def test_record_number_is_found_in_every_spelling(cast, as_user, typed):
    record(cast.plain)
    assert found(as_user(cast.mette), sag=typed) == [[cast.plain.pk]]
    record(cast.soon, number="Sag 17a")
    assert found(as_user(cast.mette), sag="SAG17A") == [[cast.soon.pk]]
    assert found(as_user(cast.mette), sag="17a") == [], "a part of a number is another number"


def test_withdrawn_letters_are_found(cast, as_user, proven_letter):
    record(proven_letter)
    Letter.objects.filter(pk=proven_letter.pk).update(withdrawn_at="2020-01-10T10:00Z")
    assert "Trukket tilbage" in show(as_user(cast.birgitte), sag=NUMBER).text
    files = zip_contents(fetch(as_user(cast.birgitte), sag=NUMBER))
    assert sum(name.endswith("oplysninger.txt") for name in files) == 1


def test_log_of_a_coordinator_counts_the_personnel_cases_and_never_says_whose_they_are(cast, as_user, proven_letter):
    """The same words stand in the log of every request, so that no code tells whose the personnel case is."""
    record(cast.plain)
    Letter.objects.filter(pk=cast.personnel.pk).update(recipient_key="c0ffee" * 10)
    own = short_recipient_code("c0ffee" * 10)
    client = as_user(cast.birgitte)
    assert found(client, modtager=own) == []
    page, log = show(client, modtager=own).text, log_of(fetch(client, sag=NUMBER))
    for said in (page, log):
        assert HIDDEN in said
        assert CONTACT in said
        assert "Søgningen gælder kun breve fra Børne- og Ungdomsforvaltningen. Koncern IT søger i andre breve" in said
        assert "sygefraværssamtale" not in said
    assert cast.personnel.source_ref not in log
    record(cast.personnel)
    assert log_of(fetch(client, sag=NUMBER)) == log, "a personnel case with the number changes nothing"
    assert found(as_user(cast.hanne), modtager=own) == [[cast.personnel.pk]]
    assert found(as_user(cast.mette), modtager=own) == []


def test_role_that_only_counts_searches_nothing(cast, as_user):
    """Without this, a coordinator who also advises the whole municipality would read that everything is searched."""
    Membership.objects.create(user=cast.birgitte, unit=cast.root, role=Membership.Role.ADVISER)
    limits = access_requests.search_limits(reload_user(cast.birgitte))
    assert "Søgningen gælder kun breve fra Børne- og Ungdomsforvaltningen. Koncern IT søger i andre breve." in limits


def test_log_of_personalejura_says_that_others_search_the_other_letters(cast, as_user, proven_letter):
    record(cast.personnel)
    pack = fetch(as_user(cast.hanne), sag=NUMBER)
    assert "Kun" not in log_of(pack)
    assert "Søgningen gælder kun personalesager og breve, som Personalejura er spurgt om." in log_of(pack)
    assert "sygefraværssamtale" in b"".join(zip_contents(pack).values()).decode("utf-8", "replace")


def test_nothing_is_withheld(cast, as_user):
    record(cast.ullas)
    Letter.objects.filter(pk=cast.personnel.pk).update(is_personnel_case=False)
    log = log_of(fetch(as_user(cast.mette), sag=NUMBER))
    assert log == f"Undtaget fra aktindsigt: journalnummer {NUMBER}\n\nIngen oplysninger er undtaget.\n"


def test_recipients_with_one_code_have_a_file_each(cast, as_user):
    other = LetterFactory(incident=cast.incident, sender=cast.karen, recipient_key=OTHER_KEY)
    FollowUpFactory(letter=other)
    assert short_recipient_code(other.recipient_key) == CODE
    client = as_user(cast.birgitte)
    page = show(client, modtager=CODE.lower())
    assert f"Flere modtagere har koden {CODE}." in page.text
    mine, others = sorted(page.context["files"], key=lambda file: file.letters)
    assert ([row.pk for row in mine.rows], mine.letters, others.letters) == ([other.pk], 1, 4)
    for file in (mine, others):
        pack = zip_contents(client.get(reverse("access_request_zip") + file.query).getvalue())
        texts = [text.decode() for name, text in pack.items() if name.endswith("oplysninger.txt")]
        assert len(texts) == file.letters
        assert any(other.source_ref in text for text in texts) is (file is mine)
    address = reverse("access_request_zip")
    for query in (f"?modtager={CODE}", f"?modtager={CODE}&brev={cast.personnel.pk}", f"?modtager={CODE}&brev=x"):
        assert client.get(address + query).url == f"{reverse('access_request')}?modtager={CODE}"


def test_page_says_that_a_case_has_several_recipients(cast, as_user):
    record(cast.plain, cast.soon)
    assert "Sagens breve er til" not in show(as_user(cast.mette), sag=NUMBER).text
    record(cast.untitled)
    page = show(as_user(cast.mette), sag=NUMBER)
    assert "Sagens breve er til 2 modtagere." in page.text
    assert [file.letters for file in page.context["files"]] == [3]


def test_mail_that_names_other_letters_is_withheld_and_logged(cast, as_user, proven_letter):
    """Karen's first notice names five letters, and Anne's names one."""
    record(cast.plain, cast.annes)
    pack = fetch(as_user(cast.birgitte), sag=NUMBER)
    mails = [name for name in zip_contents(pack) if name.startswith("mails/")]
    assert mails == [f"mails/{delivery_to(cast.anne).notice_id}-foerste-besked.eml"]
    assert "Første besked, skrevet mandag den 13. januar 2020 kl. 10.00: nævner også breve, der ikke er med." in log_of(
        pack
    )
    everything = b"".join(content for name, content in zip_contents(pack).items()).decode("utf-8", "replace")
    assert cast.soon.subject not in everything
    facts = [text.decode() for name, text in zip_contents(pack).items() if name.endswith("oplysninger.txt")]
    assert sum("mails/" in text for text in facts) == 1, "a withheld mail is no file of a letter"


def test_log_counts_what_no_pack_has(cast, as_user, proven_letter):
    services.decide(cast.annes, DecisionAnswers(remedy=HELP, question="Hvad nu?"), cast.anne, 0)
    services.add_note(Escalation.objects.get(), "Hun er ny", cast.pia)
    record(cast.plain, cast.annes)
    mail, now = delivery_to(cast.anne).notice, timezone.now()
    Delivery.objects.filter(notice=mail).update(state=Delivery.State.STOPPED, next_attempt_at=None)
    came = {"raw": b"Hej", "sha256": "0" * 64, "kind": "human", "received_at": now, "filed_at": now}
    IncomingMail.objects.create(notice=mail, matched_by="TOKEN", match_status="UNMATCHED", **came)
    shown = Arrival.objects.with_file().get(followup__letter=cast.plain)
    arrivals.take_back_arrival(cast.plain, shown.pk, "Forkert fil", cast.karen)
    log = log_of(pack := fetch(as_user(cast.birgitte), sag=NUMBER))
    for said in (
        "Første besked, skrevet mandag den 13. januar 2020 kl. 10.00: blev stoppet og aldrig sendt.",
        "Svar og kvitteringer på mailene: 1.",
        "Filer, der er trukket tilbage: 1.",
        "Interne noter i henvendelser: 1.",
    ):
        assert said in log
    assert "Hun er ny" not in b"".join(zip_contents(pack).values()).decode("utf-8", "replace")
    assert "bad om hjælp: »Hvad nu?«" in b"".join(zip_contents(pack).values()).decode("utf-8", "replace")


def test_log_names_a_damaged_file(cast, as_user, proven_letter):
    record(cast.plain)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        ProofPart.objects.update(content=b"other")
        cursor.execute("SET session_replication_role = origin")
    log = log_of(fetch(as_user(cast.birgitte), sag=NUMBER))
    assert "-log.csv.txt: Filen er beskadiget." in log


def test_pack_has_the_answers_of_earlier_decisions(cast, as_user):
    services.decide(cast.plain, NO_DISPATCH, cast.karen, 0)
    services.undo_decision(cast.plain, cast.karen, 1)
    record(cast.plain)
    files = zip_contents(fetch(as_user(cast.mette), sag=NUMBER))
    [facts] = [text.decode() for name, text in files.items() if name.endswith("oplysninger.txt")]
    assert "Tidligere beslutning, truffet mandag den 13. januar 2020 kl. 10.00: " in facts
    assert facts.index("Brevet er sendt igen") < facts.index("Tidligere beslutning") < facts.index("Ligger på Aula")


def test_pack_is_the_same_for_the_same_reader_and_checked_by_its_sums(cast, as_user, proven_letter):
    pack = fetch(as_user(cast.birgitte), modtager=CODE)
    assert fetch(as_user(cast.birgitte), modtager=CODE) == pack
    files = zip_contents(pack)
    sums = files.pop("SHA256SUMS").decode()
    assert sums == "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    assert list(files)[-1] == "undtaget.txt"
    assert f"Aktindsigt: modtager, kode {CODE}" in files["laes-mig.txt"].decode()


def test_page_says_what_to_do_when_nothing_is_found(cast, as_user):
    client = as_user(cast.mette)
    assert "Vi fandt ingen breve" not in show(client).text
    assert "Journalnummeret skal stå, som afsenderen skrev det" in show(client, sag="1999-1").text
    assert "Skriv i ét af felterne, ikke i begge." in show(client, sag=NUMBER, modtager=CODE).text
    assert "er bogstav, tal, bogstav, for eksempel K7F" in show(client, modtager="KKK").text
    for asked in ({"sag": "1999-1"}, {"sag": NUMBER, "modtager": CODE}, {}):
        assert client.get(reverse("access_request_zip"), asked).status_code == 302


def test_cpr_number_is_never_printed(cast, as_user):
    client = as_user(cast.mette)
    for name in ("sag", "modtager"):
        for page in ("access_request", "access_request_zip"):
            response = client.get(reverse(page), {name: "010190-1234"})
            assert (response.status_code, response.url) == (302, reverse(page))
    assert "010190" not in client.get(reverse("access_request")).text


def test_number_of_queries_does_not_follow_the_number_of_letters(cast, as_user):
    client = as_user(cast.birgitte)
    show(client, modtager=CODE)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            show(client, modtager=CODE)
        counts.append(len(queries))
        for letter in LetterFactory.create_batch(10, incident=cast.incident, sender=cast.karen):
            FollowUpFactory(letter=letter)
    assert counts[0] == counts[1]
    assert counts[0] < 20


def test_long_list_is_paginated_and_too_many_letters_are_refused(cast, as_user, monkeypatch):
    monkeypatch.setattr(evidence_pack_views, "LETTERS_PER_PAGE", 3)
    client = as_user(cast.birgitte)
    [file] = show(client, modtager=CODE).context["files"]
    assert (len(file.rows), file.letters) == (3, 4)
    monkeypatch.setattr(evidence_pack_views, "MAX_LETTERS", 3)
    page = show(client, modtager=CODE)
    assert "Hent dokumentationen for hver enhed i stedet" in page.text
    assert "som zip" not in page.text
    assert client.get(reverse("access_request_zip") + file.query).url.startswith(reverse("access_request"))


def test_page_is_reached_from_the_documentation_and_from_the_menu(cast, as_user):
    letter, unit = reverse("letter_pack", args=[cast.plain.pk]), reverse("unit_pack", args=[cast.svalevej.pk])
    address = reverse("access_request")
    for person, is_linked in ((cast.birgitte, True), (cast.mette, True), (cast.jens, False)):
        client = as_user(person)
        assert (f"{address}?modtager={CODE}" in client.get(letter).text) is is_linked
        assert (address in client.get(unit).text) is is_linked
    assert address in as_user(cast.hanne).get(reverse("personnel_openings")).text


def test_requests_are_in_the_security_log(cast, as_user, caplog):
    caplog.set_level(logging.INFO, logger="sepo.security")
    record(cast.plain)
    fetch(as_user(cast.birgitte), sag=NUMBER)
    lines = [json.loads(JsonFormatter().format(one)) for one in caplog.records if one.name == "sepo.security"]
    said = [(line["event"], line["user_id"], line["letter_id"], line["letters"]) for line in lines]
    rest = (cast.birgitte.pk, cast.plain.pk, 1)
    assert said == [("access_request_shown", *rest), ("access_request_fetched", *rest)]
