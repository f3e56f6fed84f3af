"""*Mangler ansvarlig*: list the missing people and units, choose an owner for the waiting letters, undo a choice."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.core.validators import EmailValidator
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letters.assigning import assignments, candidates, unassigned_letters
from letters.incidents import incident_of
from letters.models import Assignment, Letter
from letters.models.letter import OWNER_IS_MISSING, LetterQuerySet
from sepo_incident.accounts.list_export import download_list
from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.roles import SignedInRequest, requires_role
from sepo_incident.core import logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import FreeText, parse_int, search_text
from sepo_incident.core.sorting import ColumnSort


class NewPersonForm(forms.Form):
    """Name, address and unit of a new person. `finder`: the user who looks for the person."""

    name = FreeText(label="Navn", max_length=200, error_messages={"required": "Skriv personens navn."})
    email = FreeText(
        label="E-mail",
        help_text="Arbejdsmailen. Hertil sender vi beskeden.",
        max_length=254,
        validators=[EmailValidator("E-mailen er ikke hel. Ret den.")],
        error_messages={"required": "Skriv personens e-mail."},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label="Enhed",
        empty_label="Vælg personens enhed",
        error_messages={"required": "Vælg personens enhed."},
    )

    def __init__(self, *args: Any, finder: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.finder = finder
        self.fields["unit"].queryset = candidates.choosable_units(finder).in_order()  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        """Return the address in lower case. Refuse a known person outside the finder's choice."""
        email: str = self.cleaned_data["email"].lower()
        known = User.objects.filter(email__iexact=email).first()
        if known and not candidates.choosable_people(self.finder).filter(pk=known.pk).exists():
            raise ValidationError("Personen er fratrådt eller hører ikke under din forvaltning. Kontakt Koncern IT.")
        return email


GROUPS_PER_PAGE = 50
RECENT_ASSIGNMENTS = 10


@require_safe
@requires_role(*unassigned_letters.FINDER_ROLES)
def list_unassigned(request: SignedInRequest) -> HttpResponseBase:
    """List the missing owners, the largest group first, and the latest assignments."""
    incident = incident_of(request)
    letters = unassigned_letters.assignable_letters(request.user, incident).without_owner()
    missing = request.GET.get("mangler", "")
    sort = ColumnSort(request.GET, unassigned_letters.GROUP_COLUMNS, default="-letters")
    chosen = [missing] if missing in unassigned_letters.PERSON_FIELD_OF else unassigned_letters.PERSON_FIELD_OF
    first, *others = (unassigned_letters.group_by_missing_owner(letters, what) for what in chosen)
    groups = sort.order(first.union(*others, all=True), "sort_key", "name", "what")
    load = partial(map, unassigned_letters.to_group)
    if file := download_list(request, unassigned_letters.UNASSIGNED_EXPORT, groups, load):
        return file
    page = Paginator(groups, GROUPS_PER_PAGE).get_page(request.GET.get("page"))
    assignments_made = Assignment.objects.visible_to(request.user).filter(incident=incident).annotate_letter_counts()
    assignments_made = assignments_made.select_related("user", "unit", "by", "undone_by")
    context = {
        "page_obj": page,
        "heads": sort.heads,
        "groups": [unassigned_letters.to_group(row) for row in page],
        "pills": unassigned_letters.build_missing_owner_pills(letters, missing),
        "recent_assignments": assignments_made[:RECENT_ASSIGNMENTS],
        "new_assignment": assignments_made.filter(
            pk=parse_int(request.GET.get("tildelt", "")) or 0, by=request.user
        ).first(),
    }
    return render(request, "letters/unassigned.html", context)


LETTERS_PER_PAGE = 50
ASSIGNEE_NOT_ALLOWED_MESSAGE = (
    "Der er ikke ændret noget. Et af brevene er eller har været en personalesag. Du kan ikke give den til dig selv. "
    "Vælg en anden, eller sæt kun kryds ved de øvrige breve."
)


@require_safe
@requires_role(*unassigned_letters.FINDER_ROLES)
def choose_assignee(request: SignedInRequest, what: str, pk: int) -> HttpResponse:
    """Show the letters that wait for the same owner, and the possible owners."""
    letter, waiting = _get_letter_and_group(request, what, pk)
    if not waiting.exists():
        messages.info(request, f"Brevet mangler ikke længere en {what}.")
        return redirect("unassigned")
    context = _search_context(request, letter, what)
    if request.htmx:
        return render(request, "components/candidate_suggestions.html", context)
    letters = waiting.select_related("sender", "leader")
    chosen = _get_chosen_assignee(request, what, request.GET)
    context |= {
        "page_obj": Paginator(letters, LETTERS_PER_PAGE).get_page(request.GET.get("page")),
        "chosen": candidates.to_candidates([chosen])[0] if chosen else None,
        "wait": assignments.explain_personnel_wait(letters, what, chosen) if isinstance(chosen, User) else "",
    }
    return render(request, "letters/unassigned_group.html", context)


@require_POST
@requires_role(*unassigned_letters.FINDER_ROLES)
def assign_group(request: SignedInRequest, what: str, pk: int) -> HttpResponse:
    """Assign the ticked letters or the whole page (`omfang`): as many letters as the button said, or none."""
    letter, waiting = _get_letter_and_group(request, what, pk)
    chosen = _get_chosen_assignee(request, what, request.POST)
    letters, expected = _selected_letters(request.POST, waiting)
    back = reverse("unassigned_group", args=[what, pk])
    if chosen is None or not expected:
        messages.warning(request, "Vælg, hvem der skal have brevene, og sæt kryds ved brevene.")
        return redirect(back)
    try:
        assignment = assignments.assign_letters(
            letter.incident, letters, what, chosen, by=request.user, expected=expected
        )
    except Conflict as conflict:
        messages.warning(request, str(conflict) or "Der er ikke ændret noget. Nu venter andre breve. Vælg igen.")
        return redirect(f"{back}?valg={chosen.pk}")
    except assignments.AssigneeNotAllowed:
        messages.warning(request, ASSIGNEE_NOT_ALLOWED_MESSAGE)
        return redirect(f"{back}?valg={chosen.pk}")
    logs.log_security_event("letters_assigned", request.user.pk, count=expected)
    return redirect(f"{reverse('unassigned')}?tildelt={assignment.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(*unassigned_letters.FINDER_ROLES)
def create_person(request: SignedInRequest, what: str, pk: int) -> HttpResponse:
    """Create a new person. The person is chosen, but gets no letters before the choice is confirmed."""
    letter, _ = _get_letter_and_group(request, what, pk)
    if what == "enhed":
        raise Http404
    missing = unassigned_letters.missing_owner_of(letter, what)
    initial = {"name": "" if missing.is_unavailable else missing.name, "unit": letter.unit_id}
    form = NewPersonForm(request.POST or None, finder=request.user, initial=initial)
    if form.is_valid():
        person, is_new = assignments.get_or_create_person(**form.cleaned_data)
        if not is_new:
            messages.info(request, f"{person} har allerede den e-mail. Kontrollér, at det er den rigtige.")
        return redirect(f"{reverse('unassigned_group', args=[what, pk])}?valg={person.pk}")
    context = {"form": form, "one": letter, "what": what, "missing": missing}
    return render(request, "letters/new_person.html", context, status=422 if form.errors else 200)


@require_POST
@requires_role(*unassigned_letters.FINDER_ROLES)
def undo_assignment(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo an assignment, for Koncern IT or the user who assigned."""
    seen = (
        Assignment.objects.visible_to(request.user).annotate_letter_counts().select_related("incident", "user", "unit")
    )
    assignment = get_object_or_404(seen.undoable_by(request.user), pk=pk)
    number = assignments.undo_assignment(assignment, Letter.objects.visible_to(request.user), by=request.user)
    level = messages.INFO if number is None else messages.SUCCESS
    messages.add_message(request, level, assignments.undo_message(assignment, number))
    if number is not None:
        logs.log_security_event("assignment_undone", request.user.pk, count=number)
    return redirect("unassigned")


def _get_letter_and_group(request: SignedInRequest, what: str, pk: int) -> tuple[Letter, LetterQuerySet]:
    """Return (the letter, the letters that wait for the same owner)."""
    if what not in unassigned_letters.PERSON_FIELD_OF:
        raise Http404
    seen = unassigned_letters.assignable_letters(request.user, incident_of(request))
    one = get_object_or_404(seen.select_related("incident", "unit__parent", "sender", "leader"), pk=pk)
    person = unassigned_letters.PERSON_FIELD_OF[what]
    known = getattr(one, f"{person}_id")
    same = {person: known} if known else {person: None, f"{person}_name": getattr(one, f"{person}_name")}
    waiting = seen.filter(OWNER_IS_MISSING[what], unit=one.unit_id, **same)
    return one, waiting.order_by("sent_at", "pk")


def _search_context(request: SignedInRequest, one: Letter, what: str) -> dict[str, Any]:
    """Return the context of the search. The first search is for the name on the list."""
    missing = unassigned_letters.missing_owner_of(one, what)
    proposed = "" if what == "enhed" or missing.is_unavailable else missing.name
    words = search_text(request.GET.get("navn", proposed))
    is_asked = "navn" in request.GET
    listed = (
        []
        if "valg" in request.GET
        else candidates.suggest_candidates(one, what, words, request.user, is_asked=is_asked)
    )
    return {"what": what, "one": one, "missing": missing, "words": words, "candidates": listed}


def _get_chosen_assignee(request: SignedInRequest, what: str, query: QueryDict) -> User | Unit | None:
    """Return the chosen owner. Raise Http404 if the user may not choose the owner."""
    if "valg" not in query:
        return None
    return get_object_or_404(
        candidates.choosable_assignees(what, request.user), pk=parse_int(query.get("valg", "")) or 0
    )


def _selected_letters(query: QueryDict, waiting: LetterQuerySet) -> tuple[LetterQuerySet, int]:
    """Return (the letters, the number that the button said)."""
    if query.get("omfang") == "valgte":
        ticked = {number for number in map(parse_int, query.getlist("valgt")) if number}
        return waiting.filter(pk__in=ticked), len(ticked)
    return waiting, parse_int(query.get("antal", "")) or 0
