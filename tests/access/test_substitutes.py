"""The matrix during absences: a substitute sees and does what the absent person may, during the absence only."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from followups import services
from followups.letter import history
from followups.models import Decision, FollowUp
from followups.rules import responsibility, rights
from letters.models import Letter
from letters.models.letter import HIDDEN_SUBJECT
from letters.models.visibility import readable_as_personnel_reader
from notifications.kinds.receivers import MailAbsences
from notifications.models import Notice
from sepo_incident.accounts.models import Absence
from tests.absence import FIRST, LAST, create_absence, reload_user
from tests.access.access_rules import EVERYBODY, PERSONNEL_SUBJECT, READ_PERSONNEL, SEES
from tests.factories import LetterFactory, at
from tests.followups.decision_answers import RESENT

#: absent person, person who reports the absence, and the letters that Olga, who sees nothing else, gets
AWAY = {
    "karen by herself": ("karen", "karen", {"passed", "personnel"}, False),
    "karen by her leader": ("karen", "jens", {"passed", "personnel"}, True),
    "jens by himself": ("jens", "jens", {"passed", "personnel"}, True),
    "jens by the coordinator": ("jens", "birgitte", {"passed", "personnel"}, False),
    "mette by herself": ("mette", "mette", set(), False),  # a role passes to no substitute
    "ulla by herself": ("ulla", "ulla", {"ullas"}, False),
}


@pytest.mark.parametrize("case", AWAY)
def test_substitute_sees_the_absent_persons_letters_only(stage, as_user, case):
    person, by, adds, opens = AWAY[case]
    create_absence(getattr(stage, person), stage.olga, by=getattr(stage, by))
    matrix = {getattr(stage, letter).pk: letter for letter in SEES}
    for actor in EVERYBODY:
        user = reload_user(getattr(stage, actor))
        found = {matrix[one.pk]: one for one in Letter.objects.visible_to(user).filter(pk__in=matrix)}
        assert set(found) == {
            letter for letter in SEES if actor in SEES[letter] or (actor == "olga" and letter in adds)
        }, actor
        for letter, its in found.items():
            reads = letter != "personnel" or actor in READ_PERSONNEL or (actor == "olga" and opens)
            assert (its.shown_subject == getattr(stage, letter).subject) is reads, (actor, letter)
            assert rights.rights_on(user, its).read is reads
    client = as_user(stage.olga)
    for letter in SEES:
        its = getattr(stage, letter)
        response = client.get(reverse("letter", args=[its.pk]))
        assert response.status_code == (200 if letter in adds else 404), letter
        assert (its.subject in response.text) is (letter in adds and (letter != "personnel" or opens)), letter


@pytest.mark.parametrize("case", [case for case, (_, _, adds, _) in AWAY.items() if "personnel" in adds])
def test_responsibility_and_mail_receivers_follow_read_access(stage, case):
    """The page, the single letter, the responsible person and the owed mails follow the same rule."""
    person, by, _, opens = AWAY[case]
    absent = getattr(stage, person)
    create_absence(absent, stage.olga, by=getattr(stage, by))
    case, olga = stage.personnel, reload_user(stage.olga)
    path = "letter__sender" if person == "karen" else "letter__leader"
    owed = FollowUp.objects.filter(letter=case).annotate(receiver=MailAbsences.on(FIRST).responsible_id(path)).get()
    assert owed.receiver == (stage.olga.pk if opens else None)
    assert responsibility.substitute_may_read(Absence.objects.stand_ins(FIRST)[absent.pk], case) is opens
    assert rights.rights_on(olga, case).read is opens
    assert Letter.objects.filter(readable_as_personnel_reader(olga), pk=case.pk).exists() is opens


@pytest.mark.parametrize("onlooker", ["mette", "pia"])
def test_onlooker_reads_no_personnel_case_as_a_substitute(stage, onlooker):
    """Neither the named onlooker nor the substitute of the named onlooker."""
    user = getattr(stage, onlooker)
    create_absence(stage.karen, stage.olga, by=stage.jens)
    create_absence(stage.olga, user, by=stage.jens)
    assert set(reload_user(user).own_and_represented_ids) == {user.pk, stage.karen.pk, stage.olga.pk}
    assert not Letter.objects.visible_to(reload_user(user)).get(pk=stage.personnel.pk).reader_may_read
    assert Absence.objects.stand_ins(FIRST)[stage.karen.pk] == (user.pk, LAST, None, user.name)


@pytest.mark.parametrize(
    ("now", "sees"),
    [
        (at(2020, 1, 9, 23, 59), False),
        (at(2020, 1, 10, 0, 0), True),
        (at(2020, 1, 20, 23, 59), True),
        (at(2020, 1, 21, 0, 0), False),
    ],
    ids=str,
)
def test_substitute_has_access_during_the_absence_only(stage, as_user, monday, now, sees):
    create_absence(stage.karen, stage.olga, by=stage.jens)
    address = reverse("letter", args=[stage.personnel.pk])
    notice = reverse("notice", args=[Notice.objects.get(receiver=stage.karen).pk])
    monday.move_to(now)
    client = as_user(stage.olga)
    assert {client.get(url).status_code for url in (address, notice)} == {200 if sees else 404}
    assert client.post(address, {}).status_code == (422 if sees else 404)
    assert rights.rights_on(reload_user(stage.olga), stage.plain).decide is sees
    if not sees:
        with pytest.raises(services.NotPossible):
            services.decide(stage.plain, RESENT, reload_user(stage.olga), version=0)


def test_absent_person_keeps_access_and_rights(stage):
    create_absence(stage.karen, stage.olga)
    assert Letter.objects.visible_to(reload_user(stage.karen)).filter(pk=stage.personnel.pk).get().reader_may_read
    services.decide(stage.plain, RESENT, reload_user(stage.karen), version=0)


def test_a_substitute_decides_on_behalf_of_the_sender(stage):
    create_absence(stage.karen, stage.olga)
    olga = reload_user(stage.olga)
    services.decide(stage.plain, RESENT, olga, version=0)
    last = Decision.objects.filter(followup__letter=stage.plain).latest("version")
    assert (last.by, last.on_behalf_of) == (olga, stage.karen)
    said = history.decision_sentence(last, stage.jens)
    assert said == "Olga Nygaard (på vegne af Karen Bülow Møller) besluttede at sende det samme brev igen."
    assert not rights.rights_on(olga, stage.plain).confirm


def test_substitute_does_not_decide_an_unopened_personnel_case(stage, as_user):
    one = create_absence(stage.karen, stage.olga)
    assert one.registered_by != stage.personnel.leader
    response = as_user(stage.olga).get(reverse("letter", args=[stage.personnel.pk]))
    assert HIDDEN_SUBJECT in response.text
    assert PERSONNEL_SUBJECT not in response.text
    assert as_user(stage.olga).post(reverse("letter", args=[stage.personnel.pk])).status_code == 403
    with pytest.raises(services.NotPossible):
        services.decide(stage.personnel, RESENT, reload_user(stage.olga), version=0)


def test_a_leaders_substitute_confirms_on_their_behalf(stage, as_user):
    services.decide(stage.plain, RESENT, stage.karen, version=0)
    create_absence(stage.jens, stage.olga)
    olga = reload_user(stage.olga)
    assert list(rights.letters_awaiting_confirmation_by(olga, stage.incident)) == [stage.plain]
    as_user(olga).post(reverse("confirm_letter", args=[stage.plain.pk]), {"version": 1})
    last = Decision.objects.filter(followup__letter=stage.plain).latest("version")
    assert (last.kind, last.by, last.on_behalf_of) == ("CONFIRMED", olga, stage.jens)


def test_substitute_for_both_confirms_nothing(stage):
    """The substitute of a leader who is also the sender does not confirm either."""
    own = LetterFactory(incident=stage.incident, sender=stage.jens, leader=stage.jens)
    FollowUp.objects.create(letter=own)
    create_absence(stage.karen, stage.olga)
    create_absence(stage.jens, stage.olga)
    olga = reload_user(stage.olga)
    for letter in (stage.plain, own):
        services.decide(letter, RESENT, olga, version=0)
        assert not rights.rights_on(olga, letter).confirm
        with pytest.raises(services.NotPossible):
            services.confirm_letter(letter, olga, version=1)
    assert not rights.letters_awaiting_confirmation_by(olga, stage.incident).exists()
    services.confirm_letter(stage.plain, stage.birgitte, version=1)


def test_substitute_who_decided_does_not_confirm_later(stage, monday):
    create_absence(stage.karen, stage.olga, first=date(2020, 1, 13), last=date(2020, 1, 13))
    services.decide(stage.plain, RESENT, reload_user(stage.olga), version=0)
    monday.shift(timedelta(days=1))
    create_absence(stage.jens, stage.olga, first=date(2020, 1, 14), last=date(2020, 1, 14))
    olga = reload_user(stage.olga)
    assert not rights.letters_awaiting_confirmation_by(olga, stage.incident).exists()
    with pytest.raises(services.NotPossible):
        services.confirm_letter(stage.plain, olga, version=1)


def test_leader_who_substitutes_for_an_employee_confirms(stage):
    create_absence(stage.karen, stage.jens)
    jens = reload_user(stage.jens)
    services.decide(stage.plain, RESENT, jens, version=0)
    assert list(rights.letters_awaiting_confirmation_by(jens, stage.incident)) == [stage.plain]
    services.confirm_letter(stage.plain, jens, version=1)


def test_rights_of_one_letter_agree_with_bulk_rights(stage):
    create_absence(stage.karen, stage.olga, by=stage.jens)
    create_absence(stage.jens, stage.anne)
    create_absence(stage.anne, stage.ulla, first=date(2020, 1, 13), last=date(2020, 1, 13))
    for letter in (stage.soon, stage.personnel):
        services.decide(letter, RESENT, stage.karen, version=0)
    for actor in EVERYBODY:
        user = reload_user(getattr(stage, actor))
        many = set(Letter.objects.visible_to(user).filter(rights.confirmable_by(user)))
        each = {x for x in Letter.objects.filter(followup__status="DONE") if rights.rights_on(user, x).confirm}
        assert many == each, actor
    assert set(rights.letters_awaiting_confirmation_by(reload_user(stage.ulla), stage.incident)) == {stage.soon}
