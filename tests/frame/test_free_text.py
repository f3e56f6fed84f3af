"""No form accepts a CPR number: every text field is a `FreeText` or refuses a CPR number in the same way."""

from collections.abc import Iterator
from importlib import import_module

import pytest
from django import forms
from django.urls import reverse

from letters.models import DeadlineChange
from sepo_incident.core.forms import CPR_REFUSAL, refuse_cpr

MODULES = [
    "followups.desk.forms",
    "followups.arrival.forms",
    "followups.arrival.forms",
    "followups.absence.views",
    "followups.drafts.views",
    "followups.decision_form",
    "followups.bulk.decision_views",
    "letters.import_pages.committed_page",
    "letters.assigning.unassigned_views",
    "letters.incident_pages.breach_pages",
    "letters.incident_pages.story_forms",
    "letters.tracking_pages.missing_report",
    "letters.tracking_pages.views",
    "notifications.dispatching.dispatch_views",
    "notifications.incident_page.closing",
    "notifications.incident_page.views",
    "notifications.delivery_problems.unreached_views",
    "notifications.texts.text_form",
    "sepo_incident.accounts.access.access_page",
    "sepo_incident.accounts.access.roles_page",
]
#: `sepo_incident.web.middleware` removes a CPR number from a search before the form sees it
SEARCH_FIELDS = {("RecipientFilterForm", "q")}
#: the service masks them, so that nobody gives up a report
MASKED_FIELDS = {("MissingReportForm", "reference"), ("MissingReportForm", "words")}
#: what somebody signs in with
SIGN_IN = "sepo_incident.accounts.sign_in.forms"
SIGN_IN_FIELDS = {"email", "login", "code", "password", "credential", "oldpassword", "password1", "password2"}


def all_subclasses(parent: type) -> Iterator[type]:
    for child in parent.__subclasses__():
        yield child
        yield from all_subclasses(child)


def test_every_text_field_refuses_cpr_numbers():
    for module in MODULES:
        import_module(module)
    ours = [
        one
        for one in all_subclasses(forms.BaseForm)
        if one.__module__.startswith(("followups", "letters", "notif", "sepo"))
    ]
    texts = {
        (form.__name__, name): field
        for form in ours
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field, forms.CharField) and not (form.__module__ == SIGN_IN and name in SIGN_IN_FIELDS)
    }
    assert len(texts) >= 9
    assert {at for at, field in texts.items() if refuse_cpr not in field.validators} == SEARCH_FIELDS | MASKED_FIELDS


def test_deadline_reason_refuses_a_cpr_number(cast, as_user):
    posted = {"deadline_day": "17", "deadline_month": "1", "deadline_year": "2020", "reason": "Om 010190-1234"}
    response = as_user(cast.mette).post(reverse("move_deadline"), posted)
    assert response.status_code == 422
    assert CPR_REFUSAL in response.content.decode()
    assert not DeadlineChange.objects.exists()


@pytest.mark.parametrize("page", ["boards", "my_letters"])
def test_a_page_answers_to_head(cast, as_user, page):
    assert as_user(cast.birgitte).head(reverse(page)).status_code in (200, 302)
