"""The matrix of actors and letters, over the pages, partials, counts and lists that show letters."""

import io

import openpyxl
from django.db import transaction
from django.urls import reverse

from followups import services
from letters.models import Letter
from letters.models.letter import HIDDEN_SUBJECT
from notifications.models import Notice
from sepo_incident.accounts.models import Unit
from tests.access.access_rules import EVERYBODY, PERSONNEL_SUBJECT, READ_PERSONNEL, SEES
from tests.followups.decision_answers import RESENT


def test_letter_and_parts_are_visible_by_the_matrix(stage, as_user):
    for actor in EVERYBODY:
        person = getattr(stage, actor)
        client = as_user(person)
        for letter, seeing in SEES.items():
            its = getattr(stage, letter)
            may_see = actor in seeing
            may_read = may_see and (letter != "personnel" or actor in READ_PERSONNEL)
            found = Letter.objects.visible_to(person).filter(pk=its.pk).first()
            assert (found is not None) is may_see, (actor, letter)
            for name in ("letter", "letter_notices") if letter == "personnel" else ():
                response = client.get(reverse(name, args=[its.pk]))
                assert response.status_code == (200 if may_see else 404), (actor, letter)
                assert (its.subject in response.content.decode()) is may_read, (actor, letter, name)
            if found:
                assert found.shown_subject == (its.subject if may_read else HIDDEN_SUBJECT)
                assert (found.shown_recipient != "Modtager skjult") is may_read


def test_my_letters_lists_own_letters_only(stage, as_user):
    for actor in ("karen", "jens", "anne", "mette"):
        text = as_user(getattr(stage, actor)).get("/mine-breve/").content.decode()
        for letter in ("passed", "personnel", "annes", "ullas"):
            its = getattr(stage, letter)
            assert (its.subject in text) is (its.sender == getattr(stage, actor)), (actor, letter)


def test_boards_list_and_count_visible_letters_only(stage, as_user):
    """The highest board of each person."""
    for actor in EVERYBODY:
        person = getattr(stage, actor)
        client = as_user(person)
        visible, counted = Unit.objects.listed_for(person).order_by("lineage"), Unit.objects.visible_to(person)
        for unit in Unit.objects.exclude(pk__in=visible)[:2]:
            status = client.get(reverse("board", args=[unit.pk])).status_code
            assert status == (302 if unit in counted else 404), (actor, unit)
        for unit in visible[:1]:
            response = client.get(reverse("board", args=[unit.pk]))
            theirs = Letter.objects.visible_to(person).filter(unit__in=Unit.objects.at_or_below([unit.pk]))
            listed = {letter.pk for letter in response.context["page_obj"].object_list}
            assert listed == set(theirs.values_list("pk", flat=True))
            assert response.context["page_obj"].paginator.count == len(listed)
            may_read = stage.personnel.pk in listed and actor in READ_PERSONNEL
            assert (PERSONNEL_SUBJECT in response.content.decode()) is may_read, (actor, unit)


def test_workbooks_have_visible_letters_only(stage, as_user):
    for actor in ("karen", "jens", "birgitte", "hanne"):
        person = getattr(stage, actor)
        own = Letter.objects.filter(sender=person)
        books = [(reverse("my_workbook"), own)]
        for unit in Unit.objects.listed_for(person)[:1]:
            theirs = Letter.objects.visible_to(person).filter(unit__in=Unit.objects.at_or_below([unit.pk]))
            books.append((reverse("board_workbook", args=[unit.pk]), theirs))
            books.append((f"{reverse('board', args=[unit.pk])}?status=ALL&hent=xlsx", theirs))
        for address, letters in books:
            book = openpyxl.load_workbook(io.BytesIO(as_user(person).get(address).getvalue()))
            listed = {cell.value for cell in book["Breve"]["A"][1:]}
            assert listed == set(letters.values_list("source_ref", flat=True)), (actor, address)
            said = str([cell.value for row in book["Breve"] for cell in row])
            may_read = letters.filter(pk=stage.personnel.pk).exists() and actor in READ_PERSONNEL
            assert (PERSONNEL_SUBJECT in said) is may_read, (actor, address)


def test_a_search_for_a_hidden_subject_finds_nothing(stage, as_user):
    for actor in ("jens", "birgitte", "mette", "hanne"):
        person = getattr(stage, actor)
        for unit in Unit.objects.listed_for(person).order_by("lineage")[:1]:
            response = as_user(person).get(reverse("board", args=[unit.pk]), {"words": PERSONNEL_SUBJECT})
            found = {letter.pk for letter in response.context["page_obj"].object_list}
            assert found == ({stage.personnel.pk} if actor in READ_PERSONNEL else set()), (actor, unit)


def test_menu_counts_own_letters(stage, as_user):
    for actor in EVERYBODY:
        menu = as_user(getattr(stage, actor)).get("/vejledning/").context["menu"]
        waiting = {entry["url"]: entry["waiting"] for entry in menu}
        own = {"karen": 4, "anne": 1, "ulla": 1}  # a desk owes Karen an answer about a fifth letter
        assert waiting.get("/mine-breve/", 0) == own.get(actor, 0)
        assert waiting.get("/henvendelser/", 0) == (1 if actor == "pia" else 0)


def test_notice_is_visible_to_receivers_and_readers_of_its_letters(stage, as_user):
    """Karen's notice also covers the personnel case, which the mail does not name."""
    reads = {"karen": SEES["passed"], "ulla": SEES["ullas"]}
    for actor in EVERYBODY:
        client = as_user(getattr(stage, actor))
        for sender, readers in reads.items():
            notice = Notice.objects.get(receiver=getattr(stage, sender))
            response = client.get(reverse("notice", args=[notice.pk]))
            assert response.status_code == (200 if actor in readers else 404), (actor, sender)
            assert PERSONNEL_SUBJECT not in response.text


def test_bulk_confirmation_covers_led_letters_only(stage, as_user):
    for letter, sender in (("soon", stage.karen), ("annes", stage.anne), ("ullas", stage.ulla)):
        services.decide(getattr(stage, letter), RESENT, sender, version=0)
    chosen = {"breve": " ".join(f"{letter.pk}:1" for letter in (stage.soon, stage.annes, stage.ullas))}
    led = {"jens": ["soon"], "torben": ["annes"], "birgitte": ["soon", "annes"]}
    for actor in (*led, "karen", "mette", "hanne"):
        client, before = as_user(getattr(stage, actor)), transaction.savepoint_create()
        for unit in (stage.svalevej, stage.laerkepark, stage.buf):
            client.post(reverse("confirm_many", args=[unit.pk]), chosen)
        confirmed = set(Letter.objects.filter(followup__status="CONFIRMED").values_list("pk", flat=True))
        assert confirmed == {getattr(stage, letter).pk for letter in led.get(actor, [])}, actor
        transaction.savepoint_rollback(before)


def test_dispatch_workbook_is_for_koncern_it_and_names_no_letter(stage, as_user):
    for actor in EVERYBODY:
        response = as_user(getattr(stage, actor)).get(
            reverse("dispatch", args=[stage.dispatch.pk]), {"tilstand": "alle", "hent": "xlsx"}
        )
        assert response.status_code == (200 if actor == "mette" else 403), actor
        if actor == "mette":
            sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))["Mails"]
            words = " ".join(str(cell) for line in sheet.iter_rows(values_only=True) for cell in line)
            assert stage.karen.name in words
            assert not [letter for letter in SEES if getattr(stage, letter).subject in words]
