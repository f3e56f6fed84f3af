"""The crispy template pack: DKFDS markup, with labels, errors and hints tied to the fields."""

import datetime as dt

import pytest
from django.template import engines

from sepo_incident.core.forms import DanishDateField
from tests.frame.gallery import GalleryForm

VALID = {"remedy": "RESEND", "missed": "nej", "parties": ["a"], "text": "Kort", "is_journalised": "on", "desk": "1"}


def render_form(form):
    return engines["pages"].from_string("{{ crispy(form) }}").render({"form": form})


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (["31", "11", "2019"], "Datoen findes ikke. November har 30 dage."),
        (["30", "2", "2020"], "Datoen findes ikke. Februar 2020 har 29 dage."),
        (["1", "1", "20"], "Skriv året med fire cifre, for eksempel 2020."),
        (["0", "1", "2020"], "Datoen findes ikke. Dagen skal være et tal fra 1 og op."),
        (["1", "", ""], "Datoen mangler måned og år."),
        (["1", "jan", "2020"], "Skriv datoen med tal, for eksempel 15 1 2020."),
        (["", "", ""], "Skriv en dato."),
    ],
)
def test_a_wrong_date_is_explained(parts, words):
    form = GalleryForm({**VALID, "old_day": parts[0], "old_month": parts[1], "old_year": parts[2]})
    form.fields["old"].required = True
    assert form.errors["old"] == [words]


def test_a_date_in_three_parts_becomes_a_date():
    form = GalleryForm({**VALID, "old_day": " 6.", "old_month": "1", "old_year": "2020"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["old"] == dt.date(2020, 1, 6)
    field = DanishDateField()
    assert not field.has_changed(dt.date(2020, 1, 6), ["06", "01", "2020"])
    assert field.has_changed(dt.date(2020, 1, 6), ["7", "1", "2020"])


def test_an_initial_date_fills_the_three_fields():
    page = render_form(GalleryForm(initial={"old": dt.date(2020, 1, 27)}))
    for name, value in {"day": 27, "month": 1, "year": 2020}.items():
        assert f'name="old_{name}" value="{value}"' in page


def test_each_error_links_to_its_field():
    form = GalleryForm({**VALID, "old_day": "31", "old_month": "11", "old_year": "2019", "text": "x" * 201})
    page = render_form(form)
    assert "Der er to ting at rette" in page
    assert '<a href="#id_old_0">Dato i det gamle brev: Datoen findes ikke. November har 30 dage.</a>' in page
    assert '<a href="#id_text">' in page
    assert 'aria-describedby="id_text_helptext id_text_error id_text_limit"' in page
    assert page.count('aria-invalid="true"') == 4, "the text and the three parts of the date"


def test_a_form_without_errors_has_no_summary():
    page = render_form(GalleryForm())
    assert "error-summary" not in page
    assert "aria-invalid" not in page


def test_conditional_questions_follow_their_choice():
    page = render_form(GalleryForm({**VALID, "remedy": "NEW"}))
    card = page[page.index('value="NEW"') : page.index('value="NONE"')]
    assert "checked" in card
    assert '<div class="more">' in card
    assert "Er det nye brev sendt?" in card
    assert 'class="form-radio yes" id="id_missed_0"' in page


def test_text_area_counts_without_maxlength():
    page = render_form(GalleryForm())
    assert 'data-maxlength="200"' in page
    assert ' maxlength="200"' not in page


def test_each_field_of_the_form_is_drawn_once():
    page = render_form(GalleryForm())
    for name in GalleryForm.base_fields:
        drawn = page.count(f'id="id_{name}"') + page.count(f'id="id_{name}_0"')
        assert drawn == 1, name
    assert page.count('enctype="multipart/form-data"') == 1


def test_markup_in_a_value_is_escaped():
    page = render_form(GalleryForm({**VALID, "text": "<script>alert(1)</script>", "desk": "<i>"}))
    assert "<script>" not in page
    assert "<i>" not in page
