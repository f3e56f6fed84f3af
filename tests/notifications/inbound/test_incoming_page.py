"""*Indgående post*: incoming mails, their use, and answers to people. Never HTML, never a CPR number."""

import re

import pytest
from django.core.management import call_command
from django.urls import reverse

from followups import services
from followups.models import Escalation, StandardAnswer
from notifications.inbound.mail_intake import store_incoming
from notifications.models import Delivery, IncomingMail, Kind, Notice
from tests.factories import IncidentFactory
from tests.followups.decision_answers import RESENT, followup_of
from tests.notifications.inbound.mails import auto_reply, bounce, mail, receive_mail, reply, report

INCOMING = reverse("incoming")


@pytest.fixture
def kit(as_user, cast):
    return as_user(cast.mette)


def page(client, address, status=200, **query):
    response = client.get(address, query)
    assert response.status_code == status
    return words(response)


def words(response):
    return " ".join(response.content.decode().split())


def mail_url(came, name="incoming_mail"):
    return reverse(name, args=[came.pk])


def test_mails_that_need_action_come_first(kit, karens, django_assert_max_num_queries):
    for makes in (bounce, report, auto_reply, reply):
        receive_mail(makes(karens), karens.return_path)
    receive_mail(report(karens, number=9, address="fremmed@kk.example"))  # about no mail of ours
    receive_mail(mail({"From": "nyt@firma.example", "List-Id": "<nyt>", "Subject": "Tilbud"}, "Køb nu"))
    store_incoming(auto_reply(karens, "Ny besked"), "", [karens.return_path])  # not processed yet
    with django_assert_max_num_queries(13):
        shown = page(kit, INCOMING)
    assert "2 mails venter på jer." in shown
    assert 'aria-current="true">Venter på jer <strong>2</strong>' in shown
    for pill, number in {"Alle": 7, "Svar": 1, "Kom retur": 1, "Kvittering": 2, "Autosvar": 1, "Andet": 1}.items():
        assert re.search(rf">{pill} <strong>{number}</strong>", shown), pill
    assert "Hører ikke til nogen mail <strong>2</strong>" in shown
    assert "Bliver læst <strong>1</strong>" in shown
    assert "Tilbud" in page(kit, INCOMING, slags="ukendt")
    assert "Levering <b>2" in shown


def test_mail_is_shown_as_text_with_masked_cpr(kit, karens):
    body = "<p onclick=stjæl()>Hej <img src=x> <script>alert(1)</script>om 010190-1234</p>"
    headers = {"From": "Karen <karen@kk.example>", "Subject": "Om 010190-1234 <b>", "In-Reply-To": "<x@y>"}
    came = receive_mail(mail(headers, body, "text/html; charset=utf-8"))
    shown = page(kit, mail_url(came))
    assert "Hej om ●●●●●●-●●●●" in shown
    assert "010190" not in shown
    assert "<script>alert" not in shown
    assert "onclick" not in shown
    assert "Om ●●●●●●-●●●● &lt;b&gt;" in shown
    assert "Om ●●●●●●-●●●● &lt;b&gt;" in page(kit, INCOMING)


def test_matched_mail_shows_its_effect(kit, karens, monday):
    came = receive_mail(auto_reply(karens), karens.return_path)
    shown = page(kit, mail_url(came))
    assert "Mailen til Karen Bülow Møller" in shown
    assert "Væk til mandag den 20. januar" in shown
    assert "Genkendt på returadressen." in shown
    assert "Dit svar" not in shown, "no program is answered"


@pytest.mark.parametrize(
    ("to", "words"),
    [("bounce+1-00000000000000000000@kit.example", "Returadressen er forfalsket"), ("", "Mailen hører ikke til")],
)
def test_unmatched_mail_explains_itself(kit, karens, to, words):
    assert words in page(kit, mail_url(receive_mail(mail({"From": "a@kk.example", "Subject": "Hej"}, "Hej"), to)))


def test_unproven_report_is_shown_with_its_notice(kit, karens):
    came = receive_mail(bounce(karens, returned=[f"Message-ID: {karens.notice.message_id}", "Subject: Dine breve"]))
    shown = page(kit, mail_url(came))
    assert "Alle modtagere kan have skrevet den" in shown
    assert reverse("notice", args=[karens.notice_id]) in shown
    assert came in IncomingMail.objects.needing_attention()


def test_answer_is_queued_and_sent(kit, cast, karens, drain, sink):
    came = receive_mail(reply(karens), sender=karens.address)
    assert "Send svar til karen@kk.example" in page(kit, mail_url(came))
    empty = kit.post(mail_url(came, "answer_incoming"), {"text": ""})
    assert empty.status_code == 422
    assert "Skriv et svar." in words(empty)
    done = kit.post(mail_url(came, "answer_incoming"), {"text": "De ligger under Sendt post."}, follow=True)
    assert "Svaret er på vej" in words(done)
    assert "Mette Dahl svarede" in words(done)
    answer = Notice.objects.get(kind=Kind.ANSWER)
    assert answer.deliveries.get().recipient == cast.karen
    drain()
    [sent] = [mail_url for mail_url in sink.mails if mail_url.message["Message-ID"] == answer.message_id]
    assert sent.message["In-Reply-To"] == "<svar-1@kk.example>"
    assert sent.message["Subject"] == f"SV: {karens.notice.subject}"
    assert sent.message["Auto-Submitted"] is None, "a person wrote it"
    assert sent.text.strip() == "De ligger under Sendt post."
    assert "Ingen mails venter på jer" in page(kit, INCOMING)
    call_command("balance")


def test_second_answer_conflicts(kit, cast, as_user, karens):
    came = receive_mail(reply(karens), sender=karens.address)
    kit.post(mail_url(came, "answer_incoming"), {"text": "Første"})
    second = kit.post(mail_url(came, "answer_incoming"), {"text": "Andet svar"})
    assert second.status_code == 409
    assert "Mette Dahl har lige svaret på mailen." in words(second)
    assert "Andet svar" in words(second), "what was written is not lost"
    assert Notice.objects.filter(kind=Kind.ANSWER).count() == 1


NEVER = {
    "a null sender": ({}, ""),
    "a list": ({"List-Post": "<mailto:liste@kk.example>"}, "karen@kk.example"),
}


@pytest.mark.parametrize(("headers", "sender"), NEVER.values(), ids=NEVER.keys())
def test_automatic_senders_are_never_answered(kit, karens, headers, sender):
    came = receive_mail(reply(karens, **headers), sender=sender)
    assert "Send svar" not in page(kit, mail_url(came))
    before = Delivery.objects.count()
    refused = kit.post(mail_url(came, "answer_incoming"), {"text": "Hej"}, follow=True)
    assert "kan ikke besvares" in words(refused)
    assert Delivery.objects.count() == before


def test_mail_can_be_settled_without_an_answer(kit, karens):
    came = receive_mail(reply(karens), sender=karens.address)
    kit.post(mail_url(came, "settle_incoming"))
    assert "Ingen mails venter på jer" in page(kit, INCOMING)
    assert "Afsluttet af Mette Dahl" in page(kit, INCOMING, slags="svar")
    again = kit.post(mail_url(came, "settle_incoming"), follow=True)
    assert "Mette Dahl har lige afsluttet mailen." in words(again)
    assert IncomingMail.objects.get().settled_at


def test_attachment_name_does_not_hide_the_text(kit, karens):
    disposition = "attachment; filename*=unicode-escape''%5Cud800"  # half a character
    came = receive_mail(
        reply(karens, "Hej", **{"Content-Disposition": disposition}), karens.return_path, "a@kk.example"
    )
    assert "Hej" in page(kit, mail_url(came))


# --- The writer of the mail ------------------------------------------------------------------------------------------


@pytest.fixture
def came(karens):
    return receive_mail(reply(karens, "Jeg er i tvivl.\n> Kære Karen"), sender=karens.address)


def test_page_shows_the_writers_letters_within_the_readers_rights(kit, cast, came, django_assert_max_num_queries):
    with django_assert_max_num_queries(13):
        shown = page(kit, mail_url(came))
    for letter in (cast.plain, cast.passed, cast.personnel):
        assert reverse("letter", args=[letter.pk]) in shown
    assert cast.plain.subject in shown
    assert cast.personnel.subject not in shown
    assert reverse("letter", args=[cast.annes.pk]) not in shown
    stranger = receive_mail(mail({"From": "ukendt@firma.example", "Subject": "Hej"}, "Hej"))
    assert "Breve hos" not in page(kit, mail_url(stranger))


def test_standard_answer_is_inserted_above_the_signature(kit, came):
    chosen = StandardAnswer.objects.create(desk="DIT", title="Find brevet", text="Se i Sendt post.")
    StandardAnswer.objects.create(desk="HR", title="Personalejuras", text="Ring til os.")
    shown = page(kit, mail_url(came))
    assert "Find brevet" in shown
    assert "Personalejuras" not in shown
    typed = "Hej Karen\r\n\r\nVenlig hilsen\r\nMette Dahl, Koncern IT"
    answer = kit.post(mail_url(came, "answer_incoming"), {"do": "insert", "standard": chosen.pk, "text": typed})
    text = "Hej Karen\n\nSe i Sendt post.\n\nVenlig hilsen\nMette Dahl, Koncern IT"
    assert answer.context["form"]["text"].value() == text
    assert not Notice.objects.filter(kind=Kind.ANSWER).exists()


def test_mail_is_given_to_dit_as_a_question_of_the_writer(kit, cast, came, as_user):
    assert "Jeg er i tvivl.</textarea>" in page(kit, mail_url(came)), "without the mail that it answers"
    asks = {"letter": cast.plain.pk, "question": "Skal pjecen sendes igen?"}
    done = kit.post(mail_url(came, "hand_over_incoming"), asks, follow=True)
    assert "DIT har fået spørgsmålet og svarer Karen Bülow Møller." in words(done)
    assert "Mette Dahl gav mailen videre" in words(done)
    assert came not in IncomingMail.objects.needing_attention()
    escalation = Escalation.objects.get(followup__letter=cast.plain)
    assert (escalation.desk, escalation.raised_by) == ("DIT", cast.karen)
    assert "Dit spørgsmål til DIT" in as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).text
    assert "Skal pjecen sendes igen?" in as_user(cast.pia).get(reverse("escalations")).text
    again = as_user(cast.mette).post(mail_url(came, "hand_over_incoming"), asks | {"letter": cast.soon.pk})
    assert again.status_code == 409
    assert "Mette Dahl har lige givet mailen videre." in words(again)
    assert Escalation.objects.count() == 1


def test_only_an_undecided_letter_of_the_writer_is_asked_about(kit, cast, came):
    services.decide(cast.plain, RESENT, cast.karen, 0)
    for letter in (cast.plain, cast.annes):
        refused = kit.post(mail_url(came, "hand_over_incoming"), {"letter": letter.pk, "question": "Hvad nu?"})
        assert refused.status_code == 422
    assert not Escalation.objects.exists()
    assert followup_of(cast.plain).status == "DONE"
    with pytest.raises(services.NotPossible, match="har fået en beslutning"):
        services.ask_for_writer(cast.plain, "Hvad nu?", cast.karen, cast.mette)
    with pytest.raises(services.NotPossible, match="Kun Koncern IT"):
        services.ask_for_writer(cast.soon, "Hvad nu?", cast.karen, cast.jens)


def test_mail_waits_in_the_incident_that_it_answers_alone(kit, karens):
    second = IncidentFactory(slug="fjernprint", title="Forsinket fjernprint")
    receive_mail(reply(karens), karens.return_path)
    receive_mail(report(karens, number=9, address="fremmed@kk.example"))  # about no mail of ours
    rows = {row.incident: [label for label, _ in row.waiting] for row in kit.get("/haendelser/").context["rows"]}
    assert "1 mail venter på svar" in rows[karens.notice.dispatch.incident]
    assert not any("mail" in label for label in rows[second])
