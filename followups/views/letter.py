"""*Brevet*: facts, decision and help on one page; and the acts that lead away from it and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from followups import duties, services
from followups.letter import half_written, history, letter_page
from followups.letter.dating import DateForm
from followups.letter.letter_page import followup_of
from followups.letter.on_record import OnRecordForm
from followups.letter.sayings import HandledForm, HandToHrForm, QuestionForm, Saying, UpholdForm
from followups.mine import worklist
from followups.models import Decision, FollowUp, HalfWritten
from followups.views.letter_answer import form_now, form_of, form_with, fresh_form, show, visible
from followups.views.origin import with_origin
from followups.views.saved import just_saved
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.accounts.requests import SignedInRequest
from sepo_incident.whole import whole

CONTINUES = "kladde"  # in the address: goes on with what was half written
THE_LIST = "liste"  # the button that goes back to the list instead of on to the next letter


@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: SignedInRequest, pk: int) -> HttpResponse:
    """The page, and on POST the decision."""
    letter = visible(request, pk)
    if request.method == "POST":
        return _decide(request, letter)
    if CONTINUES in request.GET and (draft := half_written.of(letter, request.user)):
        return _go_on(request, letter, draft)
    fetched = letter_page.answers_to_fetch(letter, request.GET.get("hent", ""))
    form = form_now(request, letter, fetched)
    return show(request, letter, form, is_fetched=form is not None and fetched is not None, saved=just_saved(request))


def _go_on(request: SignedInRequest, letter: Letter, draft: HalfWritten) -> HttpResponse:
    """The form as it was left, about the letter as it is now: what happened meanwhile is said above it."""
    since = half_written.offered(draft, letter.followup, request.user).since
    form = form_with(request, letter, draft.typed, letter.followup.version)
    return show(request, letter, form, is_fetched=True, draft=draft, since=since)


def _decide(request: SignedInRequest, letter: Letter) -> HttpResponse:
    if followup_of(letter) is None or not letter_page.may_decide(request.user, letter):
        raise PermissionDenied
    form = form_of(request, letter, request.POST)
    if not form.is_valid():
        return show(request, letter, form, status=422)
    turn = worklist.turn(letter, request.user)
    version, reason = form.cleaned_data["version"], form.cleaned_data.get("correction_reason")
    try:
        if reason:
            services.correct(letter, form.answers, request.user, version, reason)
        else:
            services.decide(letter, form.answers, request.user, version)
    except services.Stale as stale:
        if not letter_page.is_repeat(stale.followup, form.answers, request.user):
            return _overtaken(request, letter, stale.followup)
    except services.NotPossible as refusal:
        form.add_error(None, str(refusal))
        return show(request, letter, form, status=409)
    return redirect(_after_saving(request, letter, turn))


def _after_saving(request: SignedInRequest, letter: Letter, turn: worklist.Turn) -> str:
    """The next letter that lacks a decision, or the sender's list; a leader stays with the letter."""
    if turn.next_id and request.POST.get("then") != THE_LIST:
        page = reverse("letter", args=[turn.next_id])
    elif letter.sender_id == request.user.pk:
        page = reverse("my_letters")
    else:
        page = reverse("letter", args=[letter.pk])
    return with_origin(f"{page}?gemt={letter.pk}", request)


def _overtaken(request: SignedInRequest, letter: Letter, now: FollowUp) -> HttpResponse:
    """409: the other's answer beside the typed form, which carries the new version, so saving again is a choice."""
    typed: QueryDict = request.POST.copy()
    typed["version"] = str(now.version)
    letter = visible(request, letter.pk)
    other = letter_page.newest(now)
    if other is None:
        form = form_of(request, letter, typed)
        form.is_valid()
        form.add_error(None, "Siden passede ikke til brevet mere. Se det igennem, og gem igen.")
        return show(request, letter, form, status=409)
    conflict = {
        "other": other,
        "other_sentence": history.sentence(other, request.user),
        "other_answers": letter_page.rows_of(other, letter),
    }
    form = form_of(request, letter, typed)
    if "correction_reason" in form.fields:
        form.errors.pop("correction_reason", None)  # asked for from now on, and not before
    else:
        conflict["lost_reason"] = typed.get("correction_reason", "")
    return show(request, letter, form, status=409, **conflict)


def _how_far(confirmed: FollowUp) -> str:
    """Is it over, or is there no proof yet that what was sent arrived? One query."""
    confirmed.letter.arrival = letter_page.arrival_of(confirmed)  # type: ignore[attr-defined]
    return (
        ", og brevet er færdigt" if confirmed.is_finished else ". Brevet mangler stadig bevis for at være kommet frem"
    )


def _lacking(followup: FollowUp) -> list[str]:
    """What must still be answered before it can be confirmed, as sentences."""
    lacks = services.lacks_answer(followup)
    return ["Men det mangler et svar, før det kan bekræftes.", lacks] if lacks else []


class Act(NamedTuple):
    """A button on the letter: the service, the line it leaves in the history, what is said then, and whose it is."""

    do: Callable[[Letter, User, int], FollowUp]
    kind: Decision.Kind
    said: str | Callable[[FollowUp], str]
    may: Callable[[User, Letter], bool] = letter_page.may_decide


UNDO = Act(
    services.undo,
    Decision.Kind.UNDONE,
    "Beslutningen er fortrudt. Den står stadig i brevets historik, hvor du kan hente den tilbage.",
)
MARK_DONE = Act(
    services.mark_done, Decision.Kind.DONE, lambda now: " ".join(("Godt. Nu står brevet som sendt.", *_lacking(now)))
)
CONFIRM = Act(
    services.confirm_one,
    Decision.Kind.CONFIRMED,
    lambda now: f"Beslutningen er bekræftet{_how_far(now)}.",
    duties.may_confirm,
)
ORIGINAL_GONE = Act(
    services.original_gone,
    Decision.Kind.ORIGINAL_GONE,
    "Det er gemt, at originalen ikke findes. Se herunder, hvad I kan gøre.",
)
ORIGINAL_FOUND = Act(
    services.original_found, Decision.Kind.ORIGINAL_FOUND, "Godt. Det er gemt, at originalen er fundet."
)


@require_POST
def undo_decision(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act(request, pk, UNDO)


@require_POST
def mark_done(request: SignedInRequest, pk: int) -> HttpResponse:
    """With what it changed on record, where that is answered beside the button."""
    if "journalised" in request.POST:
        return _say(request, pk, MARK_DONE_ON_RECORD)
    return _act(request, pk, MARK_DONE)


@require_POST
def put_on_record(request: SignedInRequest, pk: int) -> HttpResponse:
    return _say(request, pk, PUT_ON_RECORD)


@require_POST
def confirm_letter(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act(request, pk, CONFIRM)


@require_POST
def original_gone(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act(request, pk, ORIGINAL_GONE)


@require_POST
def original_found(request: SignedInRequest, pk: int) -> HttpResponse:
    return _act(request, pk, ORIGINAL_FOUND)


@require_POST
def set_date(request: SignedInRequest, pk: int) -> HttpResponse:
    """The letter's own date, or that it follows subject and rules again."""
    letter = visible(request, pk)
    if followup_of(letter) is None or not letter_page.may_decide(request.user, letter):
        raise PermissionDenied
    form = DateForm(letter.followup, request.POST)
    if not form.is_valid():
        decision = fresh_form(request, letter, None) if letter.followup.is_open else None
        return show(request, letter, decision, status=422, date_form=form)

    def do(letter: Letter, by: User, version: int) -> FollowUp:
        return services.set_date(letter, form.said, by, version)

    said = "Fristen er sat." if form.said else "Fristen følger emnet og reglerne igen."
    return _act(request, pk, Act(do, Decision.Kind.DATE_SET, said))


def _act(request: SignedInRequest, pk: int, act: Act) -> HttpResponse:
    """One verb on one letter, from the version the person has read, and back to its page."""
    letter = visible(request, pk)
    if followup_of(letter) is None or not act.may(request.user, letter):
        raise PermissionDenied
    seen = _version_seen(request)
    try:
        now = act.do(letter, request.user, seen)
    except services.Stale as stale:
        if not letter_page.has_just(stale.followup, act.kind, request.user, seen):
            messages.warning(request, "Der er sket noget med brevet, mens du læste. Se det igennem, og prøv igen.")
    except services.NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, act.said if isinstance(act.said, str) else act.said(now))
    return redirect(with_origin(reverse("letter", args=[pk]), request))


class ActWithText(NamedTuple):
    """An ``Act`` that says something, and the form for it."""

    do: Callable[[Letter, User, int, Any], FollowUp]
    kind: Decision.Kind
    said: str | Callable[[FollowUp], str]
    form: type[Saying | OnRecordForm]
    may: Callable[[User, Letter], bool] = letter_page.may_decide


SEND_BACK = ActWithText(
    services.send_back,
    Decision.Kind.SENT_BACK,
    "Brevet er sendt tilbage. Når afsenderen har svaret eller rettet beslutningen, venter det på dig igen.",
    QuestionForm,
    duties.may_confirm,
)
UPHOLD = ActWithText(
    services.uphold,
    Decision.Kind.UPHELD,
    lambda now: " ".join(("Svaret er sendt.", *(_lacking(now) or ["Beslutningen venter på bekræftelse igen."]))),
    UpholdForm,
)
HANDLE = ActWithText(
    services.handle,
    Decision.Kind.HANDLED,
    lambda now: " ".join(("Godt. Nu står det på brevet, hvad der er gjort.", *_lacking(now))),
    HandledForm,
)
MARK_DONE_ON_RECORD = ActWithText(services.mark_done, MARK_DONE.kind, MARK_DONE.said, OnRecordForm)
PUT_ON_RECORD = ActWithText(
    services.put_on_record,
    Decision.Kind.RECORDED,
    lambda now: " ".join(("Godt. Nu står det på brevet.", *_lacking(now))),
    OnRecordForm,
)
HAND_TO_HR = ActWithText(
    services.hand_to_hr,
    Decision.Kind.HANDED_TO_HR,
    "Brevet er overdraget til Personalejura og Forhandling, som nu kan beslutte, hvad der skal ske med det.",
    HandToHrForm,
    duties.may_hand_to_hr,
)


@require_POST
def hand_to_hr(request: SignedInRequest, pk: int) -> HttpResponse:
    return _say(request, pk, HAND_TO_HR)


@require_POST
def send_back(request: SignedInRequest, pk: int) -> HttpResponse:
    return _say(request, pk, SEND_BACK)


@require_POST
def uphold(request: SignedInRequest, pk: int) -> HttpResponse:
    return _say(request, pk, UPHOLD)


@require_POST
def handle_consequences(request: SignedInRequest, pk: int) -> HttpResponse:
    return _say(request, pk, HANDLE)


def _say(request: SignedInRequest, pk: int, act: ActWithText) -> HttpResponse:
    """As ``_act``. What was typed is never lost: it stands on the page again where it cannot be saved."""
    letter = visible(request, pk)
    followup = followup_of(letter)
    if followup is None or not act.may(request.user, letter):
        raise PermissionDenied
    form = act.form(followup, request.POST)
    if not form.is_valid():
        return _unsaid(request, letter, form, status=422)
    seen = _version_seen(request)
    try:
        now = act.do(letter, request.user, seen, form.said)
    except (services.Stale, services.NotPossible) as refusal:
        letter = visible(request, pk)
        if not letter_page.has_just(letter.followup, act.kind, request.user, seen):
            return _unsaid(request, letter, form, status=409, why=str(refusal))
    else:
        messages.success(request, act.said if isinstance(act.said, str) else act.said(now))
    return redirect(with_origin(reverse("letter", args=[pk]), request))


def _unsaid(
    request: SignedInRequest, letter: Letter, form: Saying | OnRecordForm, status: int, why: str = ""
) -> HttpResponse:
    """The letter as it is now, with the text in its form, or to copy where that can be said no more."""
    still_asked = form.name in letter_page.sayings(letter, request.user)
    kept: dict[str, Any] = {form.name: form} if still_asked else {"unsaved": form.typed}
    return show(request, letter, form_now(request, letter), status=status, unsaid=form, why=why, **kept)


def _version_seen(request: SignedInRequest) -> int:
    """The version that the page was made from; -1, which none has, for what is not one."""
    version = whole(request.POST.get("version", ""))
    return -1 if version is None else version
