"""Saved views of a board's letter list: save, delete, and the pills with their counts."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models.functions import Lower
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from followups.boards.board import Board
from followups.boards.board_letters import units_with_list_for
from followups.boards.filters import LetterFilter, filter_query
from followups.models import SavedView
from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core.database import RowCount
from sepo_incident.core.forms import FreeText

#: More views than anybody finds again. Each costs a count on the board.
MAX_VIEWS = 20
PILLS_SHOWN = 5  # the others stand in the fold of filters
TOO_MANY_VIEWS = f"Du har {MAX_VIEWS} gemte visninger her. Slet en, før du gemmer en ny."
MAX_QUERY_LENGTH = 500  # characters, as the field
FILTER_TOO_LONG = "Filteret er for langt til at blive gemt. Fjern nogle af ordene."
NO_FILTER = "Vælg mindst ét filter, før du gemmer visningen."


class ShownView(NamedTuple):
    """A saved view as a reader sees it. `letters`: number of letters of the view that the reader may see."""

    view: SavedView
    url: str
    letters: int
    is_current: bool


class SavedViewForm(forms.Form):
    name = FreeText(label="Navn", max_length=60, error_messages={"required": "Giv visningen et navn."})


def shown_views(board: Board, chosen: LetterFilter) -> list[ShownView]:
    """Return the reader's views of the board, each with its count. Two queries."""
    views = list(SavedView.objects.filter(unit=board.unit, owner=board.reader).order_by(Lower("name"), "pk"))
    if not views:
        return []
    filters = [LetterFilter(QueryDict(view.query), board.letters, board.unit, board.reader) for view in views]
    counts = User.objects.values_list(*(RowCount(one.qs.order_by().values("pk")) for one in filters))
    url = reverse("board", args=[board.unit.pk])
    now = filter_query(chosen.data, without=("page", "sort"))
    return [
        ShownView(view, f"{url}?{view.query}#breve", count, f"?{view.query}" == now)
        for view, count in zip(views, counts.get(pk=board.reader.pk), strict=True)
    ]


@require_POST
def save_view(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save the filters of the address under a name. A view of the reader with the same name is replaced."""
    unit = get_object_or_404(units_with_list_for(request.user), pk=pk)
    query, form = _valid_query(request.GET), SavedViewForm(request.POST)
    if not query:
        messages.warning(request, NO_FILTER)
    elif len(query) > MAX_QUERY_LENGTH:
        messages.warning(request, FILTER_TOO_LONG)
    elif not form.is_valid():
        messages.warning(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    elif not _save(unit, request.user, query, form.cleaned_data["name"]):
        messages.warning(request, TOO_MANY_VIEWS)
    else:
        messages.success(request, f"Visningen »{form.cleaned_data['name']}« er gemt.")
    return redirect(f"{reverse('board', args=[pk])}{filter_query(request.GET)}#breve")


def _valid_query(data: QueryDict) -> str:
    """Return the filters of the address, without page and order and what is no filter."""
    names = sorted(set(data) & set(LetterFilter.base_filters) - {"sort"})
    return urlencode({name: list(filter(None, data.getlist(name))) for name in names}, doseq=True)


@transaction.atomic
def _save(unit: Unit, owner: User, query: str, name: str) -> bool:
    """Save the view. Return False if the owner has `MAX_VIEWS` other views of the unit."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # serialises two clicks
    own = SavedView.objects.filter(unit=unit, owner=owner)
    view = own.filter(name__iexact=name).first()
    if view is None and own.count() >= MAX_VIEWS:
        return False
    view = view or SavedView(unit=unit, owner=owner)
    view.name, view.query = name, query
    view.save()
    return True


@require_POST
def delete_view(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete the reader's view."""
    views = SavedView.objects.filter(owner=request.user, unit__in=units_with_list_for(request.user))
    view = get_object_or_404(views, pk=pk)
    view.delete()
    messages.success(request, f"Visningen »{view.name}« er slettet.")
    return redirect(f"{reverse('board', args=[view.unit_id])}#breve")
