"""*Mit fravær* and *Overdrag breve*: somebody else takes over the letters, for a while or for good."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from followups import deadlines
from followups.away import handing_over
from followups.away.away_forms import A_WHILE, FOR_GOOD, AwayForm, HandOverForm
from letters import assigning, candidates
from letters.models import Assignment, Incident, Letter
from sepo_incident import danish, logs
from sepo_incident.accounts import absences
from sepo_incident.accounts.models import Absence, User
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.overtaken import Overtaken
from sepo_incident.whole import whole

LATELY, PEOPLE_PER_PAGE = 5, 25
OVERTAKEN = "Brevene er ikke længere de samme. Intet er ændret. Se tallet igennem, og vælg igen."
SHUT_OUT = (
    "Et af brevene er eller har været en personalesag. Den kan du ikke give til dig selv eller til en, der arbejder "
    "med listerne i Koncern IT eller DIT. Intet er ændret. Vælg en anden."
)


@require_http_methods(["GET", "HEAD", "POST"])
def my_absence(request: SignedInRequest) -> HttpResponse:
    """What the person has said, whom they stand in for, and whom they may name."""
    return _take_over(request, request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def handover(request: SignedInRequest, pk: int) -> HttpResponse:
    """The same for somebody whose letters the reader leads; for good as well."""
    people = handing_over.people_led(request.user, Incident.objects.current()).select_related("unit")
    return _take_over(request, get_object_or_404(people, pk=pk))


@require_safe
def handovers(request: SignedInRequest) -> HttpResponse:
    """The people whose letters the reader leads, and what was given for good lately."""
    given = Assignment.objects.visible_to(request.user).filter(by=request.user, fact=Assignment.Fact.SENDER)
    words = " ".join(request.GET.get("navn", "").split())
    owing = handing_over.people_owing(request.user, Incident.objects.current(), words)
    page = Paginator(owing, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    latest = (
        list(given.counted().select_related("user", "undone_by")[:LATELY]) if page.number == 1 and not words else []
    )
    context = {
        "words": words,
        "page_obj": page,
        "people": handing_over.owing(page.object_list, deadlines.today()),
        "is_searchable": bool(words) or page.paginator.num_pages > 1,
        "given": latest,
        "is_fresh": bool(latest) and danish.day(latest[0].at) == deadlines.today(),
    }
    return render(request, "followups/handovers.html", context)


@require_POST
def undo_handover(request: SignedInRequest, pk: int) -> HttpResponse:
    seen = Assignment.objects.visible_to(request.user).counted().select_related("incident")
    given = get_object_or_404(seen.filter(by=request.user, fact=Assignment.Fact.SENDER), pk=pk)
    number = assigning.undo(given, Letter.objects.visible_to(request.user), by=request.user)
    level = messages.INFO if number is None else messages.SUCCESS
    messages.add_message(request, level, assigning.said_of_undone(given, number))
    if number is not None:
        logs.note("assignment_undone", request.user.pk, count=number)
    return redirect("handovers")


@require_POST
def take_back_absence(request: SignedInRequest, pk: int) -> HttpResponse:
    mine = handing_over.takeable_back(request.user, Incident.objects.current(), deadlines.today())
    absence = get_object_or_404(mine.select_related("person", "substitute"), pk=pk)
    if absences.take_back(absence, request.user):
        messages.success(request, f"Fraværet er taget tilbage. {absence.substitute} er ikke længere stedfortræder.")
        logs.note("absence_taken_back", request.user.pk)
    else:
        messages.info(request, "Fraværet var allerede taget tilbage.")
    return redirect(_page_of(request.user, absence.person))


def _page_of(reader: User, person: User) -> str:
    return reverse("my_absence") if person == reader else reverse("handover", args=[person.pk])


def _take_over(request: SignedInRequest, person: User) -> HttpResponse:
    """The search; once somebody is chosen (``?valg=``), from when until when; and on POST it is done."""
    is_led = person == request.user or handing_over.leads_all(request.user, person, Incident.objects.current())
    may_lend = is_led and person.left_on is None
    may_take = handing_over.choosable(request.user, person, is_led=may_lend)
    words = " ".join(request.GET.get("navn", "").split())
    asked = (request.POST if request.method == "POST" else request.GET).get("valg", "")
    chosen = get_object_or_404(may_take.select_related("unit"), pk=whole(asked) or 0) if asked else None
    found = [] if chosen else candidates.people_called(words, may_take, person.unit)
    search = {"what": "person", "words": words, "candidates": found, "nearest": "Forslag, de nærmeste først"}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "components/chooser.html#suggestions", search)
    form = _form(request, person, chosen, is_led=may_lend) if chosen else None
    if chosen and form and form.is_valid() and _done(request, person, chosen, form):
        return redirect("handovers" if form.is_for_good else _page_of(request.user, person))
    context = (
        search | _facts(request, person) | {"form": form, "chosen": chosen, "is_led": is_led, "may_lend": may_lend}
    )
    if chosen:
        context["about"] = candidates.as_candidates([chosen])[0].about
    return render(request, "followups/absence.html", context, status=422 if form and form.errors else 200)


def _form(request: SignedInRequest, person: User, chosen: User, *, is_led: bool) -> AwayForm:
    today, data = deadlines.today(), request.POST if request.method == "POST" else None
    if person == request.user:
        return AwayForm(data, today=today)
    is_other = chosen != request.user
    number = handing_over.to_give(request.user, person, Incident.objects.current()).count() if is_other else 0
    hints = {
        A_WHILE: f"{chosen} svarer for {person} de dage. Brevene bliver hos {person}.",
        FOR_GOOD: f"{chosen} bliver afsender af {danish.count(number, 'brev', 'breve')}, der mangler at blive gjort "
        "færdige. Du kan fortryde.",
    }
    return HandOverForm(data, today=today, hints=hints, number=number, is_led=is_led)


def _done(request: SignedInRequest, person: User, chosen: User, form: AwayForm) -> bool:
    """What was refused stands on the form."""
    try:
        said = _give(request, person, chosen, form) if form.is_for_good else _say(request, person, chosen, form)
    except ValidationError as refusal:
        form.add_error(None, refusal)
    except Overtaken:
        form.add_error(None, OVERTAKEN)
    except assigning.ShutOut:
        form.add_error(None, SHUT_OUT)
    else:
        messages.success(request, said)
    return not form.errors


def _say(request: SignedInRequest, person: User, chosen: User, form: AwayForm) -> str:
    days = form.cleaned_data
    absence = absences.say(person, chosen, days["first_day"], days["last_day"], by=request.user)
    logs.note("absence_said", request.user.pk)
    return f"{chosen} er stedfortræder {absence.days}."


def _give(request: SignedInRequest, person: User, chosen: User, form: AwayForm) -> str:
    incident = Incident.objects.current()
    if incident is None:
        raise Overtaken
    number = form.cleaned_data.get("number") or 0
    handing_over.give_for_good(request.user, person, chosen, incident, expected=number)
    logs.note("letters_assigned", request.user.pk, count=number)
    return (
        f"{chosen} har fået {danish.count(number, 'brev', 'breve')} fra {person}. Varslet kommer ved næste udsendelse."
    )


def _facts(request: SignedInRequest, person: User) -> dict[str, Any]:
    """``{person, is_own, absences, away, stood_in_for, owed, hidden}``; ``hidden``: of those owed, personnel cases
    that the reader may not give on."""
    today, incident = deadlines.today(), Incident.objects.current()
    mine = handing_over.takeable_back(request.user, incident, today).filter(person=person)
    is_own = person == request.user
    theirs = handing_over.led_letters(request.user, incident).filter(handing_over.UNDONE, sender=person)
    return {
        "person": person,
        "is_own": is_own,
        "absences": mine.select_related("substitute", "said_by"),
        "away": Absence.objects.stand_ins(today, [person.pk]).get(person.pk),
        "stood_in_for": User.objects.filter(pk__in=request.user.stands_in_for).order_by("name") if is_own else [],
        "owed": 0 if is_own else theirs.count(),
        "hidden": 0 if is_own else theirs.count() - theirs.readable().count(),
    }
