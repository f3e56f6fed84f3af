"""The page about a person and the tab *Om enheden*: what each reader reads there, and links only to open pages."""

import re

import pytest
from django.urls import reverse

from followups import services
from letters.models import Letter
from letters.models.letter import HIDDEN_SUBJECT
from notifications.models import Notice
from sepo_incident.accounts.models import EmailChange, Membership, User
from sepo_incident.accounts.roles import lock_roles
from sepo_incident.web.people.person_history import SOURCES
from sepo_incident.web.people.person_rights import MAY_BY_ROLE, SEEN_BY_ROLE
from sepo_incident.web.people.visible_people import people_visible_to
from tests.absence import create_absence
from tests.access.access_rules import EVERYBODY, SEE_PERSONNEL
from tests.factories import LetterFactory
from tests.followups.decision_answers import RESENT
from tests.second_incident import build_second_letters

pytestmark = pytest.mark.usefixtures("monday")
LINK_TO_PERSON = re.compile(r'href="(?:/haendelser/[-\w]+)?/person/(\d+)/[^"]*"')


def open_person(client, person, **query):
    return client.get(reverse("person", args=[person.pk]), query)


def text_of(page) -> str:
    """Return the words of the page, without tags."""
    main = page.text.partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", "", main).split())


def test_page_is_open_to_who_shares_a_letter_or_has_a_role_over_the_unit(cast):
    expected = {
        "karen": SEE_PERSONNEL,
        "jens": SEE_PERSONNEL,
        "anne": {"anne", "torben", "birgitte", "mette", "pia"},
        "torben": {"anne", "torben", "birgitte", "mette", "pia"},
        "birgitte": {"birgitte", "mette", "pia"},
        "ulla": {"ulla", "mette", "pia"},
        "sofie": {"sofie", "birgitte", "mette", "pia"},
    }
    seen = {name: set(people_visible_to(getattr(cast, name)).values_list("pk", flat=True)) for name in EVERYBODY}
    for person in EVERYBODY:
        one = getattr(cast, person)
        opened = {name for name in EVERYBODY if one.pk in seen[name]}
        assert opened == expected.get(person, {person, "mette", *(["pia"] if one.unit_id else [])}), person


def test_substitute_opens_the_page_of_the_absent_person(cast):
    assert not people_visible_to(cast.anne).filter(pk=cast.karen.pk).exists()
    create_absence(cast.karen, cast.anne, by=cast.jens)
    assert people_visible_to(User.objects.get(pk=cast.anne.pk)).filter(pk=cast.karen.pk).exists()


def test_every_link_to_a_person_leads_to_a_page_that_the_reader_may_open(stage, as_user):
    pages = [
        reverse("letter", args=[stage.passed.pk]),
        reverse("board_people", args=[stage.svalevej.pk]),
        reverse("unit_page", args=[stage.svalevej.pk]),
        reverse("person", args=[stage.karen.pk]),
        reverse("person", args=[stage.jens.pk]),
    ]
    for name in ("karen", "jens", "hanne", "mette"):
        client = as_user(getattr(stage, name))
        texts = [client.get(page).text for page in pages]
        linked = {int(pk) for text in texts for pk in LINK_TO_PERSON.findall(text)}
        assert linked
        assert linked <= set(people_visible_to(getattr(stage, name)).values_list("pk", flat=True)), name


def test_sentence_counts_the_letters_and_says_the_next_step(cast, as_user):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    page = open_person(as_user(cast.mette), cast.karen)
    words = text_of(page)
    assert "Karen har 5 breve, og ingen er fulgt op. Næste skridt: Karen beslutter om 4 breve" in words
    assert "og viser, at 1 brev er kommet frem." in words
    for figure in ("ALL", "OPEN", "ARRIVING"):
        assert f'href="{reverse("person", args=[cast.karen.pk])}?vis={figure}#breve"' in page.text
    listed = open_person(page.client, cast.karen, vis="ARRIVING").context["page_obj"]
    assert [row.pk for row in listed] == [cast.plain.pk]


def test_reader_of_a_few_letters_reads_how_many_they_see(cast, as_user):
    words = text_of(open_person(as_user(cast.hanne), cast.karen))
    assert "Du ser 1 brev fra Karen, og det er ikke fulgt op." in words
    assert "5 breve" not in words
    assert "Historik" not in words, "Personalejura does not follow the person"


def test_page_of_a_leader_says_what_is_led_and_who_is_above(stage, as_user):
    words = text_of(open_person(as_user(stage.karen), stage.jens))
    assert "Du ser 5 breve, som Jens er leder for." in words
    assert "Birgitte Holm, koordinator i Børne- og Ungdomsforvaltningen" in words
    words = text_of(open_person(as_user(stage.mette), stage.jens))
    assert "Jens har ingen breve på listen, men er leder for 5 breve." in words
    assert "Kopi af mailen til Karen Bülow Møller" in words
    Membership.objects.filter(user=stage.birgitte).delete()
    assert "Ingen leder er fundet." in text_of(open_person(as_user(stage.mette), stage.jens))


def test_letters_that_a_leader_leads_are_a_list(stage, as_user):
    for reader in (stage.karen, stage.mette):
        page = open_person(as_user(reader), stage.jens)
        assert {row.sender_id for row in page.context["page_obj"]} == {stage.karen.pk}
        assert page.text.count("?vis=LED#breve") >= 3, "the sentence, the pill and the reason lead to the list"
    assert len(open_person(as_user(stage.mette), stage.karen, vis="LED").context["page_obj"]) == 0


def test_subject_of_a_personnel_case_stays_hidden(cast, as_user):
    for name in SEE_PERSONNEL:
        page = open_person(as_user(getattr(cast, name)), cast.karen)
        assert (cast.personnel.subject in page.text) == (name in ("karen", "jens", "hanne")), name
        assert (HIDDEN_SUBJECT in page.text) == (name in ("birgitte", "mette", "pia")), name
        assert "Emnet i en personalesag ser kun Karen, brevets leder, en stedfortræder, som lederen har" in page.text


def test_rights_are_explained_by_letters_roles_and_substitutions(cast, as_user):
    words = text_of(open_person(as_user(cast.mette), cast.karen))
    assert "5 breve, fordi Karen er afsender." in words
    assert "Karen er ikke leder og ikke stedfortræder for nogen i dag" in words
    assert "Jens Ågård (leder), Birgitte Holm (koordinator i BUF), Koncern IT og DIT." in words
    create_absence(cast.anne, cast.karen, by=cast.anne)
    assert "Du ser ikke, om Karen også ser andres breve." in text_of(open_person(as_user(cast.hanne), cast.karen))
    create_absence(cast.torben, cast.jens, by=cast.torben)
    words = text_of(open_person(as_user(cast.mette), cast.jens))
    assert "5 breve, fordi Jens er leder for dem." in words
    assert "Brevene i Svalevejens Skole, fordi Jens er leder dér." in words
    assert "Det, Torben Kjær ser som afsender og leder, fordi Jens er stedfortræder i dag." in words
    words = text_of(open_person(as_user(cast.birgitte), cast.sofie))
    assert "Tal fra Børne- og Ungdomsforvaltningen, men ingen breve, fordi Sofie er læser dér." in words


def test_every_role_has_its_sentences_and_every_source_its_words():
    assert set(SEEN_BY_ROLE) == set(MAY_BY_ROLE) == set(Membership.Role)
    assert tuple(SOURCES) == Membership.SOURCES


def test_absence_and_history_are_told_to_who_knows_about_the_person(cast, as_user):
    create_absence(cast.jens, cast.torben, by=cast.jens)
    for name, is_told in {"karen": False, "hanne": False, "jens": True, "birgitte": True, "pia": True}.items():
        words = text_of(open_person(as_user(getattr(cast, name)), cast.jens))
        assert ("Torben Kjær, stedfortræder" in words) == is_told, name
        assert ("Torben Kjær er stedfortræder." in words) == is_told, name


def test_history_has_addresses_and_roles(cast, as_user):
    lock_roles(cast.mette.pk)
    held = Membership.objects.create(user=cast.karen, unit=cast.laerkepark, role=Membership.Role.LEADER)
    held.delete()
    EmailChange.objects.create(user=cast.karen, old="kbm@kk.example", new="karen@kk.example", by=cast.mette)
    words = text_of(open_person(as_user(cast.mette), cast.karen))
    assert "E-mailen er rettet fra kbm@kk.example til karen@kk.example. Mette Dahl" in words
    assert "Fik rollen leder i Lærkeparkens Skole. Mette Dahl" in words
    assert "Har ikke længere rollen leder i Lærkeparkens Skole. Mette Dahl" in words


def test_mails_are_those_that_the_reader_may_read(stage, as_user):
    url = reverse("notice", args=[stage.notice.pk])
    for name in SEE_PERSONNEL:
        shown = url in open_person(as_user(getattr(stage, name)), stage.karen).text
        assert shown == Notice.objects.visible_to(getattr(stage, name)).filter(pk=stage.notice.pk).exists(), name


def test_questions_are_shown_to_their_desk(stage, as_user):
    assert "Karen har 1 åben henvendelse." in text_of(open_person(as_user(stage.pia), stage.karen))
    assert "Henvendelser" not in text_of(open_person(as_user(stage.jens), stage.karen))
    services.take_escalation(stage.escalation, stage.pia)
    assert "Se siden, som Karen ser den" in text_of(open_person(as_user(stage.pia), stage.karen))


def test_letters_of_another_incident_are_linked(cast, as_user):
    build_second_letters(cast)
    client = as_user(cast.mette)
    words = text_of(open_person(client, cast.karen))
    assert "5 breve i hændelsen Sikker post, der ikke kom frem." in words
    assert "5 breve i hændelsen Forsinket fjernprint." in words
    assert "10 breve, fordi Karen er afsender." in words
    under = client.get(f"/haendelser/fjernprint/person/{cast.karen.pk}/")
    assert {row.incident_id for row in under.context["page_obj"]} == set(
        Letter.objects.filter(subject__startswith="Fjernprint").values_list("incident", flat=True)
    )


def test_unit_page_names_leader_people_and_who_sees(cast, as_user):
    User.objects.filter(pk=cast.jens.pk).update(phone="7080 1234")
    url = reverse("unit_page", args=[cast.svalevej.pk])
    words = text_of(as_user(cast.mette).get(url))
    assert "Jens Ågård Ring til Jens Ågård, 7080 1234" in words
    assert "Birgitte Holm Koordinator i Børne- og Ungdomsforvaltningen" in words
    assert "Personer i enheden" in words
    assert "Karen Bülow Møller" in words
    counted = text_of(as_user(cast.sofie).get(url))
    assert "Du ser tallene, ikke navnene." in counted
    assert not re.search("Jens|Karen|Birgitte", counted)
    below = as_user(cast.birgitte).get(reverse("unit_page", args=[cast.area.pk]))
    assert reverse("unit_page", args=[cast.laerkepark.pk]) in below.text


def test_number_of_queries_does_not_grow_with_the_letters(cast, as_user, django_assert_max_num_queries):
    LetterFactory.create_batch(12, incident=cast.incident, sender=cast.karen, leader=cast.jens)
    client = as_user(cast.mette)
    open_person(client, cast.karen)
    with django_assert_max_num_queries(30):
        open_person(client, cast.karen)
