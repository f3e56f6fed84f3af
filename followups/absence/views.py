"""Views and forms of *Mit fravær* and *Overdrag breve*: name a substitute for a period, or a new sender for good."""

from datetime import date, timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups.absence import takeovers
from letters.assigning import assignments, candidates
from letters.incidents import incident_of
from letters.models import Assignment, Letter
from sepo_incident.accounts import users
from sepo_incident.accounts.models import Absence, User
from sepo_incident.accounts.models.absence import AbsenceQuerySet
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import calendar, danish, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import (
    DanishDateField,
    HintedRadios,
    OptionCards,
    parse_int,
    search_text,
    set_choices,
    set_date_bounds,
)

FOR_A_PERIOD, FOR_GOOD = "periode", "altid"
DURATION_CHOICES = [(FOR_A_PERIOD, "I en periode"), (FOR_GOOD, "Permanent")]
#: How far ahead an absence may be registered.
MAX_DAYS_AHEAD = timedelta(days=731)


class AbsenceForm(forms.Form):
    """First and last day of an absence. Without a last day the absence lasts until taken back."""

    first_day = DanishDateField(label="Første dag", error_messages={"required": "Skriv den første dag."})
    last_day = DanishDateField(
        label="Sidste dag (kan udelades)",
        help_text="Lad feltet være tomt, hvis du ikke kender dagen. Så gælder fraværet, til nogen annullerer det.",
        required=False,
    )

    def __init__(self, data: Any = None, *, today: date, days: dict[str, Any] | None = None):
        super().__init__(data, initial={"first_day": today} | (days or {}))
        self.today = today
        set_date_bounds(self, (today, today + MAX_DAYS_AHEAD), "first_day", "last_day")
        self.helper = FormHelper()
        self.helper.template = "dkfds/display_form.html"
        self.helper.layout = Layout("first_day", "last_day")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "Sidste dag ligger før første dag.")
        return data

    @property
    def is_for_good(self) -> bool:
        return False


class HandoverForm(AbsenceForm):
    """Handover of another person's letters: for a period if `is_led`, for good for `number` letters."""

    how = forms.ChoiceField(
        label="Hvor længe?",
        choices=DURATION_CHOICES,
        widget=HintedRadios,
        error_messages={"required": "Vælg, om det er i en periode eller permanent."},
    )
    number = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = ["how"]

    def __init__(self, data: Any = None, *, today: date, hints: dict[str, str], number: int, is_led: bool):
        super().__init__(data, today=today)
        self.fields["how"].widget.hints = hints
        self.helper.layout = Layout("number", OptionCards("how", under={FOR_A_PERIOD: ["first_day", "last_day"]}))
        self.initial["number"] = number
        possible = {FOR_A_PERIOD: is_led, FOR_GOOD: bool(number)}
        choices = [(how, label) for how, label in DURATION_CHOICES if possible[how]]
        set_choices(self, "how", choices)
        if len(choices) == 1:
            self.initial["how"] = choices[0][0]

    def clean(self) -> dict[str, Any]:
        """Ignore the days for a handover for good: the page did not show the days."""
        if self.is_for_good:
            for name in ("first_day", "last_day"):
                self.errors.pop(name, None)
            return self.cleaned_data
        return super().clean()

    @property
    def is_for_good(self) -> bool:
        return self.cleaned_data.get("how") == FOR_GOOD


LATEST_HANDOVERS, PEOPLE_PER_PAGE = 5, 100
LETTERS_CHANGED = "Brevene er ændret imens, og intet er gemt. Se tallet igennem, og vælg igen."


@require_http_methods(["GET", "HEAD", "POST"])
def my_absence(request: SignedInRequest) -> HttpResponse:
    """Show the reader's own absences, the people the reader stands in for, and the search for a substitute."""
    return _substitute_page(request, request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def handover(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the same for a person whose letters the reader leads, and handover for good."""
    people = takeovers.senders_led_by(request.user, incident_of(request)).select_related("unit")
    return _substitute_page(request, get_object_or_404(people, pk=pk))


@require_safe
def handovers(request: SignedInRequest) -> HttpResponse:
    """List the people whose letters the reader leads, and the reader's latest handovers for good."""
    given = Assignment.objects.visible_to(request.user).filter(by=request.user, fact=Assignment.Fact.SENDER)
    given = given.filter(incident=incident_of(request))
    on, owing = calendar.today(), takeovers.people_owing_letters(request.user, incident_of(request))
    page = Paginator(owing, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    latest = list(given.annotate_letter_counts().select_related("user", "undone_by")[:LATEST_HANDOVERS])
    context = {
        "page_obj": page,
        "people": takeovers.people_with_letters(page.object_list, on),
        "handovers": latest,
        "is_fresh": bool(latest) and danish.local_date(latest[0].at) == on,
    }
    return render(request, "followups/handovers.html", context)


@require_POST
def undo_handover(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo a handover for good that the reader made."""
    seen = Assignment.objects.visible_to(request.user).annotate_letter_counts().select_related("incident")
    given = get_object_or_404(seen.filter(by=request.user, fact=Assignment.Fact.SENDER), pk=pk)
    number = assignments.undo_assignment(given, Letter.objects.visible_to(request.user), by=request.user)
    level = messages.INFO if number is None else messages.SUCCESS
    messages.add_message(request, level, assignments.undo_message(given, number))
    if number is not None:
        logs.log_security_event("assignment_undone", request.user.pk, count=number)
    return redirect("handovers")


@require_POST
def take_back_absence(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take back an absence, and return to the person's page."""
    mine = takeovers.retractable_absences(request.user, calendar.today())
    absence = get_object_or_404(mine.select_related("person", "substitute"), pk=pk)
    if users.cancel_absence(absence, request.user):
        messages.success(request, f"Fraværet er annulleret. {absence.substitute} er ikke længere stedfortræder.")
        logs.log_security_event("absence_taken_back", request.user.pk)
    else:
        messages.info(request, "Fraværet var allerede annulleret.")
    return redirect(_absence_url(request.user, absence.person))


def _absence_url(reader: User, person: User) -> str:
    return reverse("my_absence") if person == reader else reverse("handover", args=[person.pk])


def _substitute_page(request: SignedInRequest, person: User) -> HttpResponse:
    """Show the search; once a person is chosen (`?valg=`), show the form; on POST save the form."""
    is_led = person == request.user or takeovers.leads_all_letters_of(request.user, person)
    may_lend = is_led and person.left_on is None
    may_take = takeovers.possible_successors(request.user, person, is_led=may_lend)
    days = AbsenceForm(request.GET if "first_day_day" in request.GET else None, today=calendar.today())
    words = search_text(request.GET.get("navn", ""))
    chosen_id = (request.POST if request.method == "POST" else request.GET).get("valg", "")
    chosen = get_object_or_404(may_take.select_related("unit"), pk=parse_int(chosen_id) or 0) if chosen_id else None
    present = may_take.exclude(pk__in=_absences_in(days).values("person"))
    found = [] if chosen else candidates.search_people(words, present, person.unit)
    search = {"what": "person", "words": words, "candidates": found, "nearest": "Forslag, de nærmeste først"}
    if request.htmx:
        return render(request, "components/candidate_suggestions.html", search)
    form = _build_form(request, person, chosen, days, is_led=may_lend) if chosen else None
    if chosen and form and form.is_valid() and _save_form(request, person, chosen, form):
        return redirect("handovers" if form.is_for_good else _absence_url(request.user, person))
    context = search | {"form": form, "chosen": chosen, "is_led": is_led, "may_lend": may_lend}
    context |= _person_facts(request, person)
    context["days"] = days if context["is_own"] else None
    if chosen:
        context["about"] = candidates.to_candidates([chosen])[0].about
    return render(request, "followups/absence.html", context, status=422 if form and form.errors else 200)


def _absences_in(days: AbsenceForm) -> AbsenceQuerySet:
    """Return the absences in the typed days, without a last day on the first; of today, if no days are typed."""
    first = last = days.today
    if days.is_valid():
        first = days.cleaned_data["first_day"]
        last = days.cleaned_data["last_day"] or first
    return Absence.objects.current_or_upcoming(first).filter(first_day__lte=last)


def _build_form(
    request: SignedInRequest, person: User, chosen: User, days: AbsenceForm, *, is_led: bool
) -> AbsenceForm:
    today, data = calendar.today(), request.POST if request.method == "POST" else None
    if person == request.user:
        return AbsenceForm(data, today=today, days=days.cleaned_data if days.is_valid() else None)
    is_other = chosen != request.user
    letters = takeovers.letters_to_hand_over(request.user, person, incident_of(request))
    number = letters.count() if is_other else 0
    wait = assignments.explain_personnel_wait(letters, "afsender", chosen)
    hints = {
        FOR_A_PERIOD: f"{chosen} svarer for {person} de dage. Brevene bliver hos {person}.",
        FOR_GOOD: f"{chosen} bliver afsender af {danish.count(number, 'åbent brev', 'åbne breve')}. "
        f"Du kan fortryde. {wait}",
    }
    return HandoverForm(data, today=today, hints=hints, number=number, is_led=is_led)


def _save_form(request: SignedInRequest, person: User, chosen: User, form: AbsenceForm) -> bool:
    """Save the form, and add a refusal to the form's errors. Return whether the form was saved."""
    save = _hand_over if form.is_for_good else _record_absence
    try:
        messages.success(request, save(request, person, chosen, form))
    except ValidationError as refusal:
        form.add_error(None, refusal)
    except Conflict as conflict:
        form.add_error(None, str(conflict) or LETTERS_CHANGED)
    return not form.errors


def _record_absence(request: SignedInRequest, person: User, chosen: User, form: AbsenceForm) -> str:
    days = form.cleaned_data
    absence = users.register_absence(person, chosen, days["first_day"], days["last_day"], by=request.user)
    logs.log_security_event("absence_said", request.user.pk)
    return f"{chosen} er stedfortræder {absence.days}."


def _hand_over(request: SignedInRequest, person: User, chosen: User, form: AbsenceForm) -> str:
    incident = incident_of(request)
    if incident is None:
        raise Conflict
    number = form.cleaned_data.get("number") or 0
    letters = takeovers.letters_to_hand_over(request.user, person, incident)
    assignments.assign_letters(incident, letters, "afsender", chosen, by=request.user, expected=number)
    logs.log_security_event("letters_assigned", request.user.pk, count=number)
    return (
        f"{chosen} har fået {danish.count(number, 'brev', 'breve')} fra {person}. Beskeden kommer ved næste udsendelse."
    )


def _person_facts(request: SignedInRequest, person: User) -> dict[str, Any]:
    """Return `{person, is_own, absences, away, stood_in_for, not_done_count, unreadable_count}` for the template.

    `unreadable_count`: the number of letters not done that the reader may not hand over: personnel cases.
    """
    today, incident = calendar.today(), incident_of(request)
    retractable = takeovers.retractable_absences(request.user, today).filter(person=person)
    is_own = person == request.user
    led = takeovers.letters_of_others_led_by(request.user, incident)
    not_done = led.filter(takeovers.CAN_BE_HANDED_OVER, sender=person)
    return {
        "person": person,
        "is_own": is_own,
        "absences": retractable.select_related("substitute", "registered_by"),
        "away": Absence.objects.stand_ins(today, [person.pk]).get(person.pk),
        "stood_in_for": User.objects.filter(pk__in=request.user.stands_in_for).order_by("name") if is_own else [],
        "not_done_count": 0 if is_own else not_done.count(),
        "unreadable_count": 0 if is_own else not_done.count() - not_done.readable().count(),
    }
