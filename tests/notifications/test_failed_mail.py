"""Failed mail is resolved: by another address, a phone call, or as needless."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from letters.models import Letter
from notifications.delivery_problems import failed_mail
from notifications.delivery_problems.unreached_people import REMEDIES, list_unreached_people
from notifications.incident_page.facts import read_facts
from notifications.kinds.notice_kinds import owed_followups
from notifications.models import Delivery, FailedMailResolution, Kind, Notice, State, delivery_states
from sepo_incident.accounts.models import EmailChange, User
from sepo_incident.core.database import Conflict
from tests.factories import MembershipFactory, UserFactory
from tests.notices import delivery_to, put_in_state, request_first_notices, write_notices

TODAY = date(2020, 1, 8)


@pytest.fixture
def refused(cast, dispatch, drain, sink):
    """Karen's address does not exist; all other mails are accepted."""
    sink.refuse("RCPT", "550 5.1.1 User unknown", address="karen@kk.example")
    drain()
    failed_mail.update_unreachable_people()
    return delivery_to(cast.karen)


def state_of(delivery):
    return Delivery.objects.get(pk=delivery.pk).current_state


def tell(delivery, by, who="Karen", note=""):
    details = {"person_told": who, "told_on": TODAY, "note": note}
    return failed_mail.resolve_without_mail(delivery, FailedMailResolution.Kind.TOLD, by=by, **details)


def test_corrected_address_gets_the_same_mail(cast, refused, drain, sink):
    before = Delivery.objects.values("state", "address", "reply", "attempts").get(pk=refused.pk)
    assert failed_mail.correct_address(refused, "karen.moeller@kk.example", by=cast.mette) == 1
    drain()
    [mail] = sink.mails_to("karen.moeller@kk.example")
    assert "karen@kk.example" not in mail.message["To"]
    assert mail.message["Message-ID"] == refused.notice.message_id
    assert Delivery.objects.values("state", "address", "reply", "attempts").get(pk=refused.pk) == before
    new = refused.notice.deliveries.get(address="karen.moeller@kk.example")
    assert (state_of(refused), state_of(new), new.role) == (State.REPLACED, State.ACCEPTED, "TO")
    ledger = FailedMailResolution.objects.get()
    assert (ledger.delivery, ledger.replacement, ledger.kind, ledger.by) == (refused, new, "ADDRESS", cast.mette)
    assert EmailChange.objects.get().new == "karen.moeller@kk.example"
    call_command("balance")


def test_old_address_leader_and_other_administrators_hear_of_the_correction_at_once(cast, refused, drain, sink):
    ole = MembershipFactory(unit=cast.root, role="KIT_ADMIN").user
    failed_mail.correct_address(refused, "karen.moeller@kk.example", by=cast.mette)
    drain()
    told = Notice.objects.filter(kind="ACCESS_CHANGED")
    assert {one.deliveries.get().address for one in told} == {"karen@kk.example", cast.jens.email, ole.email}
    [mail] = [one for one in sink.mails_to(cast.jens.email) if "Ny mailadresse" in one.message["Subject"]]
    text = mail.message.get_body(("plain",)).get_content()
    for part in (cast.mette.name, cast.karen.name, "karen@kk.example", "karen.moeller@kk.example", "7080 8000"):
        assert part in text
    assert cast.personnel.subject not in text
    to_old = told.get(deliveries__address="karen@kk.example").deliveries.get()
    assert to_old not in Delivery.objects.awaiting_resolution(), "nobody can do anything about the old address"


def test_told_by_phone_resolves_the_mail(cast, refused):
    assert tell(refused, cast.mette, "Karen selv", note="Hun går i gang i dag.") == 1
    assert state_of(refused) == State.TOLD
    assert State.TOLD not in delivery_states.REACHED, "counted apart"
    ledger = FailedMailResolution.objects.get()
    assert (ledger.person_told, ledger.told_on, ledger.by) == ("Karen selv", TODAY, cast.mette)
    assert ledger.note == "Hun går i gang i dag."
    assert read_facts(cast.incident, cast.mette).counts["reached"] == 3
    call_command("balance")


def test_concurrent_resolutions_give_one_result(transactional_db, cast):
    write_notices(request_first_notices(cast.incident))
    karens = Delivery.objects.filter(recipient=cast.karen)
    karens.update(state=State.REFUSED, next_attempt_at=None, stage="rcpt", code=550, reply="5.1.1 Ukendt")

    def tell_karen(_):
        try:
            return tell(karens.get(), cast.mette)
        except Conflict:
            return "overtaken"
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(map(str, pool.map(tell_karen, range(3)))) == ["1", "overtaken", "overtaken"]
    assert FailedMailResolution.objects.count() == 1


def test_letters_of_an_unreachable_sender_have_no_owner(cast, refused):
    cast.karen.refresh_from_db()
    assert cast.karen.unreachable_why == "Adressen findes ikke. Personen kan være fratrådt"
    assert set(Letter.objects.without_owner().filter(sender=cast.karen)) == set(
        Letter.objects.filter(sender=cast.karen)
    )
    since = cast.karen.unreachable_since
    failed_mail.update_unreachable_people()
    cast.karen.refresh_from_db()
    assert cast.karen.unreachable_since == since, "the same since then"
    failed_mail.correct_address(refused, "karen.moeller@kk.example", by=cast.mette)
    assert not Letter.objects.without_owner().filter(sender=cast.karen).exists()


@pytest.mark.parametrize("way", ["told", "reached"])
def test_reaching_the_person_clears_the_mark(cast, refused, drain, sink, way):
    if way == "told":
        tell(refused, cast.mette)
    else:
        sink.clear_rules()
        failed_mail.send_again(refused)
        drain()
        failed_mail.update_unreachable_people()
    assert not User.objects.filter(unreachable_since__isnull=False).exists()


def test_spam_refusal_does_not_mark_the_address(cast, dispatch, drain, sink):
    sink.refuse("RCPT", "554 5.7.1 rejected as spam", address="karen@kk.example")
    drain()
    failed_mail.update_unreachable_people()
    assert delivery_to(cast.karen).current_state == State.REFUSED_SPAM
    assert not User.objects.filter(unreachable_since__isnull=False).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "TOLD", "person_told": "K"},
        {"kind": "ADDRESS"},
    ],
)
def test_database_refuses_incomplete_resolutions(cast, dispatch, fields):
    with pytest.raises(IntegrityError, match="resolution_has_details"), transaction.atomic():
        FailedMailResolution.objects.create(delivery=delivery_to(cast.karen), by=cast.mette, **fields)


def test_mail_on_its_way_cannot_be_resolved(cast, dispatch):
    with pytest.raises(IntegrityError, match="delivery_resolved_at_rest"), transaction.atomic():
        Delivery.objects.update(resolution_state=State.TOLD)


@pytest.mark.parametrize("damage", ["ledger", "mark"])
def test_resolution_without_history_row_fails_the_balance(cast, refused, damage):
    tell(refused, cast.mette)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    if damage == "ledger":
        FailedMailResolution.objects.all().delete()
    else:
        Delivery.objects.filter(pk=refused.pk).update(resolution_state="")
    with pytest.raises(SystemExit):
        call_command("balance")


# --- The page -------------------------------------------------------------------------------------------------------


def response_text(response):
    return " ".join(response.content.decode().split())


def post_resolution(client, delivery, way, **said):
    return response_text(client.post(reverse("resolve_mail", args=[delivery.pk, way]), said, follow=True))


def test_page_lists_unreached_people(as_user, cast, refused):
    kit = as_user(cast.mette)
    listed = response_text(kit.get(reverse("not_reached")))
    assert "Vi ved ikke, om 1 person har fået vores mails." in listed
    assert "Ret adressen <strong>1</strong>" in listed
    assert "Adressen findes ikke. Personen kan være fratrådt." in listed
    assert "Ret adressen, eller ring." in listed
    assert "under 1 min." in listed
    person = response_text(kit.get(reverse("unreached_mail", args=[refused.pk])))
    assert "Personalesager venter, til Personalejura har åbnet dem." in person
    for words in ("Ret adressen", "Gem en telefonsamtale"):
        assert words in person


def test_page_shows_one_remedy_at_a_time(as_user, cast, dispatch):
    for person, state in ((cast.jens, State.REFUSED), (cast.ulla, State.GIVEN_UP)):
        put_in_state(delivery_to(person), state)
    kit, url = as_user(cast.mette), reverse("not_reached")

    def shown(**query):
        return [one.newest_mail.recipient for one, _ in kit.get(url, query).context["rows"]]

    pills = kit.get(url).context["pills"]
    assert [(one.label, one.number) for one in pills] == [("Ret adressen", 1), ("Ring, eller send igen", 1)]
    assert shown() == shown(skridt="spam") == [cast.jens], "the first remedy with people"
    assert shown(skridt="ring") == [cast.ulla]
    resolve = reverse("resolve_mail", args=[delivery_to(cast.ulla).pk, "undvaeres"])
    assert kit.post(f"{resolve}?skridt=ring", {"grund": "x"}).url == f"{url}?skridt=ring", "back to the same list"


def test_every_state_of_the_list_has_one_remedy():
    states = [state for remedy in REMEDIES for state in remedy.states]
    assert sorted(states) == sorted(delivery_states.AWAITING_RESOLUTION)
    for remedy in REMEDIES:
        assert {delivery_states.STATE_INFO[state][1:] for state in remedy.states} == {
            delivery_states.STATE_INFO[remedy.states[0]][1:]
        }


def test_every_resolution_form_validates(as_user, cast, refused):
    kit = as_user(cast.mette)
    assert "Skriv den rigtige adresse." in post_resolution(kit, refused, "adresse", adresse="")
    assert "Mailen nåede ikke frem til den adresse." in post_resolution(
        kit, refused, "adresse", adresse="KAREN@kk.example"
    )
    assert "Adressen tilhører Jens Ågård." in post_resolution(kit, refused, "adresse", adresse="jens@kk.example")
    assert "Skriv, hvem du har talt med." in post_resolution(kit, refused, "fortalt", hvem="")
    assert "Datoen ligger i fremtiden." in post_resolution(
        kit, refused, "fortalt", hvem="K", dag_day="1", dag_month="1", dag_year="2999"
    )
    role = MembershipFactory(user=cast.karen, unit=cast.root, role="HR")
    assert "Fjern først den rolle" in post_resolution(kit, refused, "adresse", adresse="karen.moeller@kk.example")
    role.delete()
    assert not FailedMailResolution.objects.exists()
    done = post_resolution(kit, refused, "adresse", adresse="karen.moeller@kk.example")
    assert "Adressen er rettet, og 1 mail er på vej." in done
    assert "En anden var først" in post_resolution(kit, refused, "undvaeres", grund="Derfor")
    assert "Mette Dahl behandlede mailen" in response_text(kit.get(reverse("unreached_mail", args=[refused.pk])))


def test_unassigned_page_explains_unreachable_sender(as_user, cast, refused):
    kit = as_user(cast.mette)
    listed = response_text(kit.get(reverse("unassigned")))
    assert "Karen Bülow Møller kan ikke få mail, afsender i Svalevejens Skole" in listed
    assert "Kan ikke få mail: Adressen findes ikke. Personen kan være fratrådt" in listed
    letter = Letter.objects.filter(sender=cast.karen).order_by("pk").first()
    group = response_text(kit.get(reverse("unassigned_group", args=["afsender", letter.pk])))
    assert "Ret adressen, eller ring" in group
    assert "Ret adressen, eller ring" not in response_text(
        as_user(cast.birgitte).get(reverse("unassigned_group", args=["afsender", letter.pk]))
    )


def test_queries_do_not_grow(as_user, cast, dispatch, django_assert_max_num_queries):
    for _ in range(30):
        person = UserFactory()
        Delivery.objects.create(
            notice=dispatch.notices.first(),
            role="CC",
            recipient=person,
            address=person.email,
            return_token=person.email[:40],
            state=State.REFUSED,
            stage="rcpt",
            code=550,
            reply="5.1.1 User unknown",
            changed_at=dispatch.requested_at,
        )
    kit = as_user(cast.mette)
    with django_assert_max_num_queries(9):
        assert "om 30 personer har fået vores mails." in response_text(kit.get(reverse("not_reached")))


# --- Every state has an owner and a place ---------------------------------------------------------------------------

GOOD = {*delivery_states.REACHED, *delivery_states.RESOLVED}


@pytest.mark.parametrize("state", [state for state in State if state not in GOOD])
def test_every_unresolved_state_is_on_exactly_one_list(cast, dispatch, state):
    """The list is *Ikke nået*, or the next dispatch; otherwise the delivery moves by itself."""
    delivery = delivery_to(cast.ulla)
    put_in_state(delivery, state)
    delivery.refresh_from_db()
    assert delivery.current_state == state
    on_lists = [
        cast.ulla in [one.newest_mail.recipient for one in list_unreached_people(cast.incident)],
        owed_followups(Kind.FIRST_NOTICE, cast.incident).filter(letter__sender=cast.ulla).exists(),
        delivery.owner == delivery_states.Owner.SYSTEM,
    ]
    assert on_lists.count(True) == 1, on_lists
