"""Lists of imported letters with their status: the letters of a list, missing from a full list, or without a rule."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from followups.letter_files import download_letters
from followups.rules.letter_rows import paginate_rows, sort_letters
from letters.categories import category_matching
from letters.categories.category_rules import NO_SUBJECT_CATEGORY, OTHER_CATEGORY
from letters.importing.commit import withdraw_letters
from letters.importing.commit.undo_import import touched_letters
from letters.incidents import incident_or_404
from letters.models import ImportBatch, Letter, LetterChange
from letters.models.letter import HAS_DECISION
from sepo_incident.accounts.roles import Role, SignedInRequest, requires_role
from sepo_incident.core import danish, logs
from sepo_incident.core.forms import FreeText, parse_int

Kind, Status = LetterChange.Kind, ImportBatch.Status
LETTERS_PER_PAGE = 50


class LetterGroup(NamedTuple):
    """A group of a list's letters: the title of the page, the text for no letters, and the condition."""

    title: str
    empty_text: str
    condition: Q


def find_group(batch: ImportBatch, slug: str) -> LetterGroup | None:
    """Return the group that the URL names, or None."""
    withdrawn = LetterChange.objects.filter(batch=batch, kind=Kind.WITHDRAWN).values("letter")
    groups = {
        "nye": LetterGroup("Nye breve fra listen", "Listen har ingen nye breve.", Q(batch=batch)),
        "tilbage": LetterGroup(
            "Tilbagetrukne breve",
            "Ingen breve er trukket tilbage efter listen.",
            Q(pk__in=withdrawn, withdrawn_at__isnull=False),
        ),
        "besluttede": LetterGroup(
            "Breve fra listen med en beslutning", "Ingen af listens breve har en beslutning.", HAS_DECISION
        ),
    }
    return groups.get(slug)


@require_safe
@requires_role(Role.KIT_ADMIN)
def list_batch_letters(request: SignedInRequest, pk: int, what: str) -> HttpResponseBase:
    """List a group of the list's letters: new, withdrawn or with a decision."""
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    group = find_group(batch, what)
    if group is None:
        raise Http404
    letters = Letter.objects.visible_to(request.user).filter(
        group.condition, pk__in=touched_letters(batch).values("pk")
    )
    sort = sort_letters(request.GET, default="")
    in_order = sort.order(letters, "batch_sheet", "batch_row", "pk")
    if file := download_letters(request, in_order, "breve-indlaesning", [*_about(batch), ("Breve", group.title)]):
        return file
    page = paginate_rows(in_order, LETTERS_PER_PAGE, request.GET.get("page"), request.user)
    context = {"batch": batch, "group": group, "page_obj": page, "heads": sort.heads}
    return render(request, "followups/batch_letters.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_role(Role.KIT_ADMIN)
def withdraw_missing_letters(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """List the letters that a full list does not name. A POST withdraws some or all of the letters."""
    batch = get_object_or_404(ImportBatch.objects.select_related("incident"), pk=pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _withdraw(request, batch, form)
    sort = sort_letters(request.GET, default="sent")
    letters = sort.order(withdraw_letters.missing_letters(batch).visible_to(request.user), "sent_at", "pk")
    if file := download_letters(request, letters, "breve-ikke-paa-listen", _about(batch)):
        return file
    page = paginate_rows(letters, LETTERS_PER_PAGE, request.GET.get("page"), request.user)
    context = {
        "heads": sort.heads,
        "batch": batch,
        "form": form,
        "missing_counts": withdraw_letters.count_missing_letters(batch),
        "page_obj": page,
        "is_open": batch.status == Status.COMMITTED and withdraw_letters.is_newest_batch(batch),
    }
    return render(request, "followups/missing_letters.html", context, status=422 if form.errors else 200)


def _about(batch: ImportBatch) -> list[tuple[str, str]]:
    return [("Hændelse", batch.incident.title), ("Fil", batch.filename)]


def _withdraw(request: SignedInRequest, batch: ImportBatch, form: WithdrawForm) -> HttpResponse:
    withdrawn = withdraw_letters.withdraw_missing_letters(
        batch, form.cleaned_data["reason"], request.user, form.among_ids, also_decided=form.cleaned_data["also_decided"]
    )
    if withdrawn:
        logs.log_security_event("letters_withdrawn", request.user.pk, batch_id=batch.pk, count=withdrawn)
        skipped = len(form.among_ids or []) - withdrawn
        kept = f" {danish.count(skipped, 'brev', 'breve')} har en beslutning og er ikke trukket tilbage."
        messages.success(
            request, f"{danish.count(withdrawn, 'brev er', 'breve er')} trukket tilbage.{kept if skipped > 0 else ''}"
        )
    else:
        messages.info(request, "Ingen breve er trukket tilbage. De har en beslutning eller er ændret imens.")
    return redirect("import_batch", batch.pk)


class WithdrawForm(forms.Form):
    """The letters to withdraw, ticked or all, among the letters that a full list does not name, and the reason."""

    reason = FreeText(
        label="Begrundelse",
        help_text="For eksempel: Brevene kom frem alligevel.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv en begrundelse."},
    )
    also_decided = forms.BooleanField(
        label="Medtag breve med en beslutning",
        help_text="Så kan du ikke fortryde indlæsningen bagefter.",
        required=False,
    )
    covers_all = forms.BooleanField(label="Ja, træk alle breve, der mangler på listen, tilbage", required=False)

    @property
    def ticked_ids(self) -> list[int]:
        """Return the ids of the ticked letters. The list of letters adds a version to every id."""
        values = self.data.getlist("valgt") if hasattr(self.data, "getlist") else []
        numbers = (parse_int(value.partition(":")[0]) for value in values)
        return [number for number in numbers if number is not None]

    @property
    def among_ids(self) -> list[int] | None:
        """Return the ids of the ticked letters, or None for all letters."""
        return None if self.data.get("hvem") == "alle" else self.ticked_ids

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.among_ids == []:
            raise ValidationError("Sæt kryds ved de breve, du vil trække tilbage.")
        if self.among_ids is None and not cleaned.get("covers_all"):
            self.add_error("covers_all", "Sæt kryds, hvis du vil trække alle brevene tilbage.")
        return cleaned


@require_safe
@requires_role(Role.KIT_ADMIN)
def list_letters_without_rule(request: SignedInRequest, what: str) -> HttpResponseBase:
    """List the letters that no rule names: `uden-emne` or `alt-andet`."""
    name = next((name for name in (NO_SUBJECT_CATEGORY, OTHER_CATEGORY) if slugify(name) == what), None)
    if name is None:
        raise Http404
    incident, is_blank = incident_or_404(request), name == NO_SUBJECT_CATEGORY
    letters = category_matching.letters_without_rule(request.user, incident, is_blank=is_blank)
    sort = sort_letters(request.GET, default="sent")
    in_order = sort.order(letters, "sent_at", "pk")
    about = [("Hændelse", incident.title), ("Emneområde", name)]
    if file := download_letters(request, in_order, "breve-emneomraade", about):
        return file
    page = paginate_rows(in_order, LETTERS_PER_PAGE, request.GET.get("page"), request.user)
    return render(request, "followups/category_letters.html", {"name": name, "page_obj": page, "heads": sort.heads})
