"""Versions of the status note: text, differences, publication, prose by people, and the pages."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from followups import services
from followups.models import NoteFigure, NoteProse, NoteVersion
from followups.reporting.consequences import MONEY_UNKNOWN, money_knowledge
from letters.models import AdministrationPlan, BreachReport, ImportBatch, Letter, Measure
from letters.story.plans import save_plan
from notifications.status_note.differences import list_changes, show_note
from notifications.status_note.document import render_document
from notifications.status_note.facts import NoteRefused
from notifications.status_note.frozen_figures import named_figures
from notifications.status_note.sections import OUTLINES, SECTIONS
from notifications.status_note.text import Chips, UnknownFigures, parse_prose, typed_numbers
from notifications.status_note.versions import (
    open_questions,
    publish_version,
    publishers_of,
    save_prose,
    take_version,
)
from sepo_incident.core.database import Conflict
from tests.factories import at
from tests.followups.decision_answers import HARM_UNHANDLED, RESENT
from tests.followups.note_helpers import figure_names, two_versions, words_of
from tests.letters.concurrency import act_at_once
from tests.letters.story.story_posts import PLAN, date_fields


def test_version_freezes_every_figure_with_its_letters(cast, monday):
    version = take_version(cast.incident, cast.buf, cast.mette)
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    assert words_of(version, "summary").replace("\u00a0", " ") == (
        "Nogle af de breve, som kommunen sendte som sikker post gennem SEPO fra mandag den 9. til torsdag den 19. "
        "december 2019, kom aldrig frem. Det gælder op mod 6 af Børne- og Ungdomsforvaltningens breve til borgere og "
        "medarbejdere og "
        "op mod 7 i hele kommunen. Det er ikke afklaret, om fejlen er rettet. Konsekvenserne for modtagerne kendes "
        "ikke endnu, økonomien kendes ikke endnu, og der er ikke registreret et muligt brud på persondatasikkerheden. "
        "Der er ikke fulgt op på brevene endnu; fristen er onsdag den 15. januar 2020, og sagen er til orientering."
    )
    assert version.figures.get(key="letters.open").letters == sorted(
        Letter.objects.filter(unit__lineage__contains=[cast.buf.pk]).values_list("pk", flat=True)
    )
    assert version.figures.get(key="municipality.letters").value == 7
    named = named_figures(version)
    assert set(figure_names(version)) <= set(named)


def test_letters_outside_every_administration_are_no_administration(cast, monday):
    Letter.objects.filter(pk=cast.soon.pk).update(unit=cast.root)
    summary = words_of(take_version(cast.incident, cast.root, cast.mette), "summary")
    assert "fra to forvaltninger, heraf" in summary.replace("\u00a0", " ")


def test_op_mod_goes_when_a_full_list_is_in(cast, monday):
    assert "op mod" in words_of(take_version(cast.incident, cast.buf, cast.mette), "summary")
    ImportBatch.objects.filter(incident=cast.incident).update(is_full=True)
    version = take_version(cast.incident, cast.buf, cast.mette)
    assert "op mod" not in words_of(version, "summary")
    assert not any("Op mod" in reason for reason in version.content["hedges"])


def test_no_known_consequences_is_said_only_while_it_is_so(cast, monday):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    nothing = "Der kendes pt. ikke til konsekvenser af 1 brev med"
    version = take_version(cast.incident, cast.buf, None)
    assert nothing in words_of(version, "consequences")
    assert words_of(version, "economy") == MONEY_UNKNOWN, "of five letters nobody knows"
    Letter.objects.exclude(pk=cast.plain.pk).update(withdrawn_at=at(2020, 1, 13))
    version = take_version(cast.incident, cast.buf, None)
    assert words_of(version, "economy") == money_knowledge(0, 0)
    assert "Hvad fejlen koster" not in words_of(version, "unknown")
    Letter.objects.update(withdrawn_at=None)
    services.decide(cast.soon, replace(RESENT, consequence_review="UNKNOWN"), cast.karen, version=0)
    version = take_version(cast.incident, cast.buf, None)
    assert "Om 1 brev har fået konsekvenser" in words_of(version, "unknown")
    assert words_of(version, "economy") == MONEY_UNKNOWN
    assert "Hvad fejlen koster" in words_of(version, "unknown")


def test_each_outline_has_each_section_once():
    for outline in OUTLINES.values():
        assert sorted(key for _, keys in outline.parts for key in keys) == sorted(one.key for one in SECTIONS)


def test_outline_is_chosen_and_kept_by_the_next_draft(cast, monday, as_user):
    parts = {
        outline: list(dict.fromkeys(one["part"] for one in version.content["sections"]))
        for outline in OUTLINES
        for version in [take_version(cast.incident, cast.root, cast.mette, outline=outline)]
    }
    assert parts == {
        "ORIENTATION": ["Resumé", "Sagsfremstilling", "Løsning", "Videre proces", "Bilag"],
        "COMMITTEE_NOTE": ["Resumé", "Baggrund", "Fordeling", "Opfølgning", "Konsekvenser", "Bilag"],
    }
    assert (
        take_version(cast.incident, cast.root, cast.mette).content["margin"]["kind"]
        == "Orientering til Økonomiudvalget"
    )
    kit = as_user(cast.mette)
    made = kit.post("/rapport/", {"enhed": cast.root.pk, "opbygning": "COMMITTEE_NOTE"}, follow=True).text
    assert "Notat til Økonomiudvalget" in made
    assert '<input type="hidden" name="opbygning" value="COMMITTEE_NOTE">' in made


@pytest.mark.parametrize("model", [NoteVersion, NoteFigure])
def test_the_database_refuses_to_change_a_version(cast, monday, model):
    take_version(cast.incident, cast.buf, cast.mette)
    for act in (
        lambda rows: rows.update(**{"number" if model is NoteVersion else "value": 9}),
        lambda rows: rows.delete(),
    ):
        with pytest.raises(Error, match=r"Cannot|violates"), transaction.atomic():
            act(model.objects.all())


def test_a_second_person_publishes_and_a_number_is_published_once(cast, monday):
    twin = take_version(cast.incident, cast.buf, cast.karen)
    version = take_version(cast.incident, cast.buf, cast.mette)
    with pytest.raises(NoteRefused, match="En anden end den, der lavede kladden"):
        publish_version(version, cast.mette)
    publish_version(version, cast.birgitte)
    with pytest.raises(NoteRefused, match="allerede udgivet"):
        publish_version(twin, cast.birgitte)
    assert take_version(cast.incident, cast.buf, cast.mette).number == 2


def test_open_breach_question_and_late_measure_are_accepted_by_name_before_publication(cast, monday, as_user):
    of = {"incident": cast.incident}
    BreachReport.objects.create(**of, aware_at=at(2020, 1, 13, 8), text="Breve mangler.", by=cast.mette)
    Measure.objects.create(**of, title="Slå alarm", contact_name="Søren", due_on="2020-01-10")
    version = take_version(cast.incident, cast.buf, cast.mette)
    coordinator = as_user(cast.birgitte)
    page, publish = f"/rapport/{version.pk}/", f"/rapport/{version.pk}/udgiv/"
    ticked = re.findall(r'name="laest" value="([^"]+)"', coordinator.get(page).text)
    assert [one[:20].strip() for one in ticked] == ["Det er ikke afgjort,", "Tiltaget »Slå alarm«"]
    assert "Noget i notatet er ikke besvaret." in coordinator.post(publish, {"laest": ticked[:1]}, follow=True).text
    monday.shift(timedelta(minutes=5))
    published = coordinator.post(publish, {"laest": [*ticked, "Alt er tabt."]}, follow=True).text
    assert "Udgave 1 er udgivet" in published
    assert "Alt er tabt." not in published, "nobody asked that"
    assert f"{cast.birgitte.name} udgav notatet, selv om dette ikke var afklaret:" in published


def test_who_wrote_a_text_does_not_publish_it(cast, monday, as_user):
    save_prose(cast.incident, cast.buf, "process", "Vi ringer.", 0, cast.birgitte)
    version = take_version(cast.incident, cast.buf, None)
    page = as_user(cast.birgitte).get(f"/rapport/{version.pk}/").text
    assert "Udgiv udgave 1" not in page
    with pytest.raises(NoteRefused, match="Du har selv skrevet i notatet"):
        publish_version(version, cast.birgitte)
    publish_version(version, cast.mette)


def test_who_wrote_the_statement_of_the_plan_does_not_publish_it(cast, monday):
    plan = AdministrationPlan(incident=cast.incident, unit=cast.buf, contact_name="Birgitte", statement="Vi ringer.")
    save_plan(plan, cast.birgitte, None)
    version = take_version(cast.incident, cast.buf, cast.mette)
    assert publishers_of(version) == {}
    with pytest.raises(NoteRefused, match="Du har selv skrevet i notatet"):
        publish_version(version, cast.birgitte)


def test_draft_older_than_what_was_written_is_not_published(cast, monday, as_user):
    report = BreachReport.objects.create(incident=cast.incident, aware_at=at(2020, 1, 13, 9), text="Et.", by=cast.mette)
    later = {"reason": "Skolen er lukket.", **date_fields("deadline", date(2020, 1, 22))}
    for what, fields, by, said in (
        (("give_opinion", report.pk), {"text": "Jeg er uenig."}, cast.dina, "Oplysningerne om databrud er ændret"),
        (("extend_unit_deadline", cast.svalevej.pk), later, cast.birgitte, "En frist er ændret"),
        (
            ("incident_fix",),
            {"is_fixed": "nej", "until_fixed": "Vent.", "version": 0},
            cast.mette,
            "Hændelsen er ændret",
        ),
        (("new_story_row", "aarsag"), {"known": "Et filter.", "status": "FINAL"}, cast.mette, "Hændelsen er ændret"),
    ):
        version = take_version(cast.incident, cast.buf, cast.mette)
        monday.shift(timedelta(minutes=5))
        as_user(by).post(reverse(what[0], args=what[1:]), fields)
        fresh = NoteVersion.objects.get(pk=version.pk)
        with pytest.raises(NoteRefused, match=f"{said}, efter at kladden blev lavet"):
            publish_version(fresh, cast.birgitte, [one.text for one in open_questions(cast.incident, timezone.now())])
        assert "Udgiv udgave" not in as_user(cast.birgitte).get(f"/rapport/{version.pk}/").text


def test_committee_is_a_name_on_one_line_and_no_control_character_reaches_the_word_file(cast, monday, as_user):
    committee = "Udvalget\x01\n- Alt er fulgt op.\n{letters.followed_up}"
    posted = PLAN | {"committee": committee, **date_fields("meeting_on", date(2020, 1, 22))}
    as_user(cast.birgitte).post(reverse("administration_plan", args=[cast.buf.pk]), posted)
    version = take_version(cast.incident, cast.root, cast.mette)
    assert "Udvalget - Alt er fulgt op. (letters.followed_up) behandler sagen." in words_of(version, "process")
    own = take_version(cast.incident, cast.buf, cast.mette)
    assert as_user(cast.mette).get(reverse("note_word", args=[own.pk])).status_code == 200


def test_unchanged_draft_is_the_same_draft(cast, monday):
    first = take_version(cast.incident, cast.buf, cast.mette)
    monday.shift(timedelta(minutes=5))
    assert take_version(cast.incident, cast.buf, cast.mette) == first
    assert take_version(cast.incident, cast.buf, cast.birgitte) != first, "another person wrote it"
    services.decide(cast.plain, RESENT, cast.karen, 0)
    assert take_version(cast.incident, cast.buf, cast.mette) != first


@pytest.mark.django_db(transaction=True)
def test_presses_at_the_same_moment_make_one_draft(cast):
    made = act_at_once(lambda by: take_version(cast.incident, cast.buf, by), [cast.mette] * 5)
    assert set(made) == {NoteVersion.objects.get()}


def test_who_wrote_a_text_of_the_draft_does_not_publish_it_after_somebody_emptied_the_text(cast, monday):
    save_prose(cast.incident, cast.buf, "process", "Mine ord.", 0, cast.birgitte)
    version = take_version(cast.incident, cast.buf, cast.mette)
    monday.move_to(at(2020, 1, 13, 12))
    save_prose(cast.incident, cast.buf, "process", "", 1, _second_kit(cast))
    assert publishers_of(version) == {cast.olga.pk: cast.olga.name}
    with pytest.raises(NoteRefused):
        publish_version(version, cast.birgitte)


def test_older_draft_is_not_published_and_says_why(cast, monday, as_user):
    older = take_version(cast.incident, cast.buf, cast.karen)
    newest = take_version(cast.incident, cast.buf, cast.mette)
    with pytest.raises(NoteRefused, match="nyere notat"):
        publish_version(older, cast.birgitte)
    coordinator = as_user(cast.birgitte)
    page = coordinator.get(f"/rapport/{older.pk}/").text
    assert f'<a href="/rapport/{newest.pk}/">kladde til udgave 1</a>' in page
    assert "Udgiv udgave 1" not in page
    assert "Udgiv udgave 1" in coordinator.get(f"/rapport/{newest.pk}/").text
    publish_version(newest, cast.birgitte)
    page = coordinator.get(f"/rapport/{older.pk}/").text
    assert f'<a href="/rapport/{newest.pk}/">udgave 1</a>' in page
    assert "Udgiv udgave 1" not in page


def test_differences_to_the_version_before_are_marked(cast, monday):
    publish_version(take_version(cast.incident, cast.buf, cast.mette), cast.birgitte)
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    services.confirm_letter(cast.plain, cast.jens, 1)
    save_prose(cast.incident, cast.buf, "process", "Udvalget får et nyt notat.", 0, cast.mette)
    version = take_version(cast.incident, cast.buf, cast.mette)
    sections = show_note(version)
    new = [one.key for one in sections if any(block.is_new for block in one.blocks)]
    assert new == ["summary", "process", "consequences", "unknown"]
    subjects = next(one for one in sections if one.key == "subjects")
    assert not subjects.blocks[0].is_new, "other figures in the same words"
    assert [(word.text, what) for word, what in list_changes(version)] == [("1", "brev mere er fulgt op")]


# --- Prose --------------------------------------------------------------------------------------------------------


def test_prose_keeps_its_figures_and_survives_the_next_version(cast, monday):
    text = "Vi mangler {mangler-beslutning} breve.\n- {~er-paa-listen} i alt"
    save_prose(cast.incident, cast.buf, "process", text, 0, cast.mette)
    take_version(cast.incident, cast.buf, cast.mette)
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    version = take_version(cast.incident, cast.buf, cast.mette)
    assert words_of(version, "process") == "Vi mangler 5 breve.Op mod\u00a06 i alt"


def test_two_people_edit_one_text(cast, monday, as_user):
    page = as_user(cast.mette)
    url = f"/rapport/tekst/{cast.buf.pk}/process/"
    assert page.post(url, {"text": "Den første.", "version": "0"}, follow=True).status_code == 200
    answer = page.post(url, {"text": "Den anden.", "version": "0"})
    assert answer.status_code == 409
    assert "Din tekst er <strong>ikke gemt</strong>" in answer.text
    assert "Den første." in answer.text
    assert "Den anden." in answer.text
    with pytest.raises(Conflict):
        save_prose(cast.incident, cast.buf, "process", "Den tredje.", 0, cast.mette)
    assert page.post(url, {"text": "x", "tilbage": "1", "version": "1"}, follow=True).status_code == 200
    assert NoteProse.objects.in_force(cast.incident, cast.buf) == {}


@pytest.mark.parametrize("text", ["{findes-ikke}", "{}", "{~}", "010120-1234 er ramt"])
def test_wrong_prose_is_refused_and_kept(cast, monday, as_user, text):
    answer = as_user(cast.mette).post(f"/rapport/tekst/{cast.buf.pk}/process/", {"text": text, "version": "0"})
    assert answer.status_code == 422
    assert not NoteProse.objects.exists()


def test_chips_with_one_label_are_told_by_their_keys():
    chips = Chips({"a.x": "Åben sag", "b": "mange", "c": "mange"})
    assert chips.spelled("{a.x} {~b} {c}") == "{aaben-sag} {~b} {c}"
    assert parse_prose("{aaben-sag}", chips, {}) == [{"type": "paragraph", "pieces": [{"figure": "a.x"}]}]
    with pytest.raises(UnknownFigures, match=r"{mange} findes ikke"):
        parse_prose("{mange}", chips, {})


def test_days_between_stay_apart_in_a_chip():
    assert Chips({"late": "blev besluttet 8–30 dage efter fristen"}).name_of == {
        "late": "blev-besluttet-8-30-dage-efter-fristen"
    }


def test_characters_that_xml_forbids_do_not_break_the_document(cast, monday):
    save_prose(cast.incident, cast.buf, "process", "Å\x0bb <b>&amp; \ufffe]]>", 0, cast.mette)
    assert render_document(take_version(cast.incident, cast.buf, cast.mette))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Vi mangler 3.500 breve og 12 svar, igen 12. Og så 7. Det er alt.", ["3.500", "12", "7"]),
        ("Vi mangler {mangler-beslutning} breve. {~letters.late_1_7}", []),
        ("Fra 9. til 19. december 2019, den 15.01.2020 kl. 10.40 og 12.30, sag 2020-0004106.", []),
        ("Efter § 12, stk. 2, og art. 33. Ring på 3000 0280 eller 30 00 02 80.", []),
    ],
)
def test_typed_numbers_are_found(text, found):
    assert typed_numbers(text) == found


def test_example_stands_under_the_text_and_warns_of_a_typed_number(cast, monday, as_user):
    url, kit = f"/rapport/tekst/{cast.buf.pk}/process/", as_user(cast.mette)
    warning = "3.500 er skrevet i hånden og følger ikke med, når tallet ændrer sig. Brug et felt."
    page = kit.get(url).text
    assert warning not in page
    assert "Indsæt </span>mangler beslutning</button>" in page
    typed = {"text": "Vi mangler 3.500 breve.", "version": "0"}
    shown = kit.post(url, typed | {"vis": "1"}).text
    assert warning in shown
    assert shown.index('id="id_text"') < shown.index('id="eksempel" role="status"') < shown.index("Indsæt tal")
    saved = kit.post(url, typed, follow=True).text
    assert warning in saved
    assert NoteProse.objects.get().text == "Vi mangler 3.500 breve."


# --- Pages --------------------------------------------------------------------------------------------------------


def test_readers_see_published_versions_only_and_no_letter(cast, monday, as_user):
    version = two_versions(cast, monday)
    published = version.previous
    kit = as_user(cast.mette).get(f"/rapport/{version.pk}/")
    assert "Kladde til udgave 2" in kit.text or "kladde til udgave 2" in kit.text
    reader = as_user(cast.sofie)
    assert reader.get(f"/rapport/{version.pk}/").status_code == 404
    assert reader.get(f"/rapport/{published.pk}/").status_code == 200
    figure = reader.get(f"/rapport/{published.pk}/tal/letters.open/").text
    assert "Breve, som ingen har besluttet noget om." in figure
    assert "Svalevejens Skole" in figure
    assert "Pjece: Velkommen" not in figure
    assert "Pjece: Velkommen" in as_user(cast.mette).get(f"/rapport/{published.pk}/tal/letters.open/").text
    assert "/rapport/" in reader.get("/enheder/", follow=True).text


def test_each_number_of_a_note_opens_as_it_was_frozen(cast, monday, as_user):
    version = two_versions(cast, monday)
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    kit = as_user(cast.mette)
    for name in set(figure_names(version)):
        answer = kit.get(f"/rapport/{version.pk}/tal/{name}/")
        assert answer.status_code == 200, name
    before = kit.get(f"/rapport/{version.pk}/tal/letters.open@before/").text
    assert "<h1>6: " in before
    assert "Udgaven før." in before


def test_page_of_a_figure_makes_sense_alone(cast, monday, as_user):
    services.decide(cast.plain, replace(HARM_UNHANDLED, amount=Decimal(7900)), cast.karen, version=0)
    version = take_version(cast.incident, cast.buf, cast.mette)
    figures = f"/rapport/{version.pk}/tal/"
    money = as_user(cast.mette).get(f"{figures}amount/").text
    assert "<h1>7.900 kr.: " in money
    assert "Fordeling af breve" in as_user(cast.mette).get(f"{figures}letters.open/").text
    assert not [one.key for one in version.figures.all() if one.sentence.startswith("Af dem")]
    opened = as_user(cast.mette).get(f"{figures}letters.harm_open/").text
    assert "Breve med konsekvenser, hvor ingen har skrevet, hvad der er gjort." in opened


def test_note_of_another_administration_is_not_found(cast, monday, as_user):
    version = take_version(cast.incident, cast.root, cast.mette)
    publish_version(version, _second_kit(cast))
    assert as_user(cast.sofie).get(f"/rapport/{version.pk}/").status_code == 404
    assert as_user(cast.birgitte).get(f"/rapport/{version.pk}/tal/letters/").status_code == 404


def _second_kit(cast):
    from sepo_incident.accounts.models import Membership

    Membership.objects.create(user=cast.olga, unit=cast.root, role=Membership.Role.KIT_ADMIN)
    return cast.olga


def test_pages_from_nothing_to_a_published_note(cast, monday, as_user):
    kit = as_user(cast.mette)
    assert "Der er intet notat endnu" in kit.get("/rapport/").text
    made = kit.post("/rapport/", {"enhed": cast.buf.pk}, follow=True)
    assert "En anden skal udgive den" in made.text
    version = NoteVersion.objects.get()
    mine = kit.post(f"/rapport/{version.pk}/udgiv/", follow=True)
    assert "En anden end den, der lavede kladden" in mine.text
    coordinator = as_user(cast.birgitte)
    assert "Udgiv udgave 1" in coordinator.get(f"/rapport/{version.pk}/").text
    assert "Udgave 1 er udgivet" in coordinator.post(f"/rapport/{version.pk}/udgiv/", follow=True).text
    assert "allerede udgivet" in coordinator.post(f"/rapport/{version.pk}/udgiv/", follow=True).text
    assert file_name(as_user(cast.sofie), version) == "statusnotat-buf-udgave-1.docx"


def file_name(client, version):
    said = client.get(f"/rapport/{version.pk}/word/").headers["Content-Disposition"]
    return said.removeprefix('attachment; filename="').removesuffix('"')


def test_file_of_a_draft_is_told_from_the_published_one(cast, monday, as_user):
    version = take_version(cast.incident, cast.root, cast.mette)
    assert file_name(as_user(cast.mette), version) == "statusnotat-koebenhavns-kommune-kladde-1.docx"


def test_coordinator_makes_a_draft_of_the_own_administration_only(cast, monday, as_user):
    coordinator = as_user(cast.birgitte)
    page = coordinator.get("/rapport/").text
    assert "Lav kladden" in page
    assert "Skift skabelonen" not in page
    for unit in (cast.sof, cast.root):
        assert coordinator.post("/rapport/", {"enhed": unit.pk}).status_code == 403
    assert not NoteVersion.objects.exists()
    assert "Kladde til udgave 1 er lavet" in coordinator.post("/rapport/", {"enhed": cast.buf.pk}, follow=True).text
    version = NoteVersion.objects.get()
    assert (version.unit, version.by) == (cast.buf, cast.birgitte)
    page = coordinator.get(f"/rapport/{version.pk}/").text
    assert "Lav ny kladde" in page
    assert "Ret teksten" in page
    assert "Udgiv udgave 1" not in page
    assert as_user(cast.sofie).post("/rapport/", {"enhed": cast.buf.pk}).status_code == 403


def test_draft_says_that_its_text_has_changed(cast, monday, as_user):
    version = take_version(cast.incident, cast.buf, cast.birgitte)
    page, kit = f"/rapport/{version.pk}/", as_user(cast.mette)
    assert "efter at kladden blev lavet" not in kit.get(page).text
    plan = AdministrationPlan(incident=cast.incident, unit=cast.buf, contact_name="Birgitte", statement="Vi ringer.")
    save_plan(plan, cast.birgitte, None)
    assert "Forvaltningens plan er ændret, efter at kladden blev lavet." in kit.get(page).text
    url = f"/rapport/tekst/{cast.buf.pk}/process/"
    saved = kit.post(url, {"text": "Udvalget får et nyt notat.", "version": "0"}, follow=True).text
    assert "Teksten er gemt." in saved
    assert f'href="{page}"' in saved
    assert "Lav ny kladde" in saved
    assert "Teksten er ændret, efter at kladden blev lavet." in kit.get(page).text
    kit.post("/rapport/", {"enhed": cast.buf.pk})
    newest = NoteVersion.objects.latest("pk")
    assert "efter at kladden blev lavet" not in kit.get(f"/rapport/{newest.pk}/").text
    assert "Lav ny kladde" not in kit.get(url).text


def test_number_of_queries_does_not_grow(cast, monday, as_user, django_assert_max_num_queries):
    version = two_versions(cast, monday)
    monday.shift(timedelta(days=1))
    kit = as_user(cast.mette)
    kit.get(f"/rapport/{version.pk}/")
    with django_assert_max_num_queries(17) as of_note:
        kit.get(f"/rapport/{version.pk}/")
    with django_assert_max_num_queries(13) as of_figure:
        kit.get(f"/rapport/{version.pk}/tal/letters/")
    with CaptureQueriesContext(connection) as of_list:
        kit.get("/rapport/")
    _copy(version, 20)
    with django_assert_max_num_queries(len(of_note)):
        kit.get(f"/rapport/{version.pk}/")
    with django_assert_max_num_queries(len(of_figure)):
        kit.get(f"/rapport/{version.pk}/tal/letters/")
    with django_assert_max_num_queries(len(of_list)):
        kit.get("/rapport/")


def test_list_reads_no_text_and_no_template(cast, monday, as_user):
    two_versions(cast, monday)
    with CaptureQueriesContext(connection) as queries:
        assert "kladde til udgave 2" in as_user(cast.mette).get("/rapport/").text.lower()
    read = [one["sql"] for one in queries if '"followups_noteversion"' in one["sql"]]
    assert read
    assert not [sql for sql in read if '."content"' in sql]


def _copy(version, times):
    fields = [one for one in version._meta.concrete_fields if one.name not in ("id", "uuid")]
    values = {one.attname: getattr(version, one.attname) for one in fields}
    NoteVersion.objects.bulk_create([NoteVersion(**values) for _ in range(times)])
