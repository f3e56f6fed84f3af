"""*Hændelsen*: KIT's front page, with the checklist of steps through an incident.

Part of `notifications`, because the checklist counts notices. The checklist shows current numbers and no letter
contents.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from followups import services
from followups.boards.board import overview_rows
from followups.boards.tables import BAR_LEGEND, board_link
from followups.reporting.letter_figures import UNDECIDED
from followups.rules import arrival_status
from letters import incidents
from letters.incident_addresses import addresses_under
from letters.models import ImportBatch, Incident, Letter
from notifications.alarms.alarm_list import list_open_alarms
from notifications.dispatching.dispatch_progress import DispatchProgress, list_dispatches_with_progress
from notifications.kinds.notice_kinds import owed_followups
from notifications.models import Delivery, Dispatch, Kind, Notice, ReminderSchedule, SendingSettings, State
from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.roles import SignedInRequest, kit_admin_required
from sepo_incident.core import calendar, danish
from sepo_incident.core.forms import DanishDateField, FreeText

#: A list that is read, and that KIT answers a question about or commits.
WAITING_FOR_KIT = (ImportBatch.Status.ASKING, ImportBatch.Status.CHECKED)


class IncidentForm(forms.ModelForm):
    first_day = DanishDateField(label="Første dag, hvor breve ikke kom frem", help_text="For eksempel 9 12 2019")
    last_day = DanishDateField(label="Sidste dag")
    deadline = DanishDateField(label="Frist for at følge op", help_text="Fristen er ved dagens udgang.")

    class Meta:
        model = Incident
        fields = ["title", "kind", "first_day", "last_day", "deadline"]
        field_classes = {"title": FreeText}
        widgets = {"title": forms.TextInput(attrs={"class": "wide"})}
        labels = {"title": "Hvad er der sket?"}
        help_texts = {"title": "En kort titel, for eksempel »Sikker post, der ikke kom frem«."}
        error_messages = {"title": {"required": "Skriv en titel."}}


class DeadlineForm(forms.ModelForm):
    deadline = DanishDateField(label="Ny frist", help_text="Fristen er ved dagens udgang.")
    reason = FreeText(
        label="Hvorfor flyttes fristen?",
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        max_length=1000,
        error_messages={"required": "Skriv, hvorfor fristen flyttes."},
    )

    class Meta:
        model = Incident
        fields = ["deadline"]

    def __init__(self, incident: Incident, data: Any = None):
        self.was = incident.deadline
        super().__init__(data, instance=incident, initial={"deadline": None})

    def clean_deadline(self) -> date:
        new: date = self.cleaned_data["deadline"]
        if new == self.was:
            raise forms.ValidationError("Det er den nuværende frist. Vælg en anden dag.")
        self.instance.deadline = new
        try:
            self.instance.validate_constraints()  # Django skips constraints on fields outside the form
        except forms.ValidationError as refusal:
            raise forms.ValidationError(refusal.messages) from refusal
        return new


@kit_admin_required
def incident(request: SignedInRequest) -> HttpResponse:
    """Show the incident of the address, or a form for a new incident if there is none."""
    current = incidents.incident_of(request)
    if current and request.method != "POST":
        return show_incident(request, current, DeadlineForm(current))
    return new_incident(request)


@kit_admin_required
def new_incident(request: SignedInRequest) -> HttpResponse:
    """Create an incident. A form that is sent twice leads to the incident that it created the first time."""
    form = IncidentForm(request.POST or None)
    if not form.is_valid():
        return render(request, "notifications/new_incident.html", {"form": form}, status=422 if form.is_bound else 200)
    made = incidents.create_incident(form.instance, request.user)
    if made is form.instance:
        messages.success(request, "Hændelsen er oprettet. Indlæs nu listen med breve.")
    else:
        messages.info(request, "Hændelsen var allerede oprettet.")
    with addresses_under(None if Incident.objects.only_open() == made else made):
        return redirect("incident")


def show_incident(request: SignedInRequest, current: Incident, form: DeadlineForm, status: int = 200) -> HttpResponse:
    administrations = Unit.objects.visible_to(request.user).filter(kind=Unit.Kind.ADMINISTRATION).in_order()
    rows = overview_rows(list(administrations), current, request.user)
    context = {
        "incident": Incident.objects.get(pk=current.pk),  # an invalid form has changed `current`
        "alarms": list_open_alarms(),
        "steps": list_steps(current),
        "rows": sorted(rows, key=lambda row: -row.numbers["OPEN"].value),
        "legend": BAR_LEGEND,
        "changes": current.deadline_changes.select_related("by").order_by("-at"),
        "form": form,
        "switches": incidents.list_figures_switches(current),
    }
    return render(request, "notifications/incident.html", context, status=status)


@require_POST
@kit_admin_required
def open_followups(request: SignedInRequest) -> HttpResponse:
    """Open the follow-ups of all letters. A second click finds nothing to open."""
    opened = services.open_followups(incidents.incident_or_404(request), request.user)
    if opened:
        messages.success(request, f"Opfølgningen er åbnet for {danish.count(opened, 'brev', 'breve')}.")
    else:
        messages.info(request, "Alle breve var allerede åbnet.")
    return redirect("incident")


@require_POST
@kit_admin_required
def move_deadline(request: SignedInRequest) -> HttpResponse:
    current = incidents.incident_or_404(request)
    form = DeadlineForm(current, request.POST)
    if not form.is_valid():
        return show_incident(request, current, form, status=422)
    change = incidents.move_deadline(
        current, form.cleaned_data["deadline"], form.cleaned_data["reason"], by=request.user
    )
    if change:
        messages.success(request, f"Fristen er flyttet til {danish.weekday_date(change.new)}.")
    else:
        messages.info(request, "En anden har lige flyttet fristen til den dag.")
    return redirect("incident")


@require_POST
@kit_admin_required
def show_public_figures(request: SignedInRequest) -> HttpResponse:
    is_on = request.POST.get("vis") == "1"
    if incidents.show_public_figures(incidents.incident_or_404(request), is_on, by=request.user):
        messages.success(request, "Forsiden viser nu tallene." if is_on else "Forsiden viser ikke tallene mere.")
    return redirect("incident")


class Note(NamedTuple):
    """A sentence of a step, with a link to the page for the next action. `number` names the sentence's first number."""

    text: str
    url: str = ""
    action: str = ""
    number: str = ""


class ChecklistStep(NamedTuple):
    """A step of the checklist. `opens`: the number of follow-ups that the step's button would open."""

    title: str
    notes: list[Note]
    is_done: bool
    opens: int = 0


def list_steps(incident: Incident) -> list[ChecklistStep]:
    """Return the steps of the incident. At most thirteen queries. Counts all letters, regardless of the reader."""
    letters = Letter.objects.filter(incident=incident).active()
    counts = letters.aggregate(
        letters=Count("pk"),
        unopened=Count("pk", filter=Q(followup=None)),
        undecided=Count("pk", filter=UNDECIDED),
        senders=Count("sender", distinct=True),
        unproven=Count("pk", filter=arrival_status.arrival_conditions(calendar.today())["UNPROVEN"]),
    )
    counts["without_owner"] = letters.without_owner().count()
    counts["withdrawn"] = Letter.objects.filter(incident=incident).withdrawn().count()
    return [
        _import_step(incident, counts),
        _assignment_step(counts),
        _opening_step(counts),
        _notices_step(incident, counts["senders"]),
        _reminders_step(incident),
        _followup_step(counts),
    ]


def _letter_count(number: int) -> str:
    return danish.count(number, "brev", "breve")


def _import_step(incident: Incident, counts: dict[str, int]) -> ChecklistStep:
    """Return the step of the import: done when letters are imported and no list waits for KIT's answer."""
    letters = counts["letters"]
    waiting = incident.batches.filter(status__in=WAITING_FOR_KIT).order_by("-pk").first()
    text = f"{_letter_count(letters)} er indlæst." if letters else "Ingen breve er indlæst endnu."
    notes = [Note(text, reverse("imports"), "Gå til indlæsning", "letters")]
    if waiting:
        notes.insert(0, Note("En liste venter på dig.", reverse("import_batch", args=[waiting.pk]), "Tjek listen"))
    if withdrawn := counts["withdrawn"]:
        number = danish.count(withdrawn, "brev er", "breve er")
        notes.append(Note(f"{number} trukket tilbage og tæller ikke med.", reverse("withdrawn_letters"), "Se hvorfor"))
    return ChecklistStep("Indlæs listen", notes, bool(letters) and not waiting)


def _assignment_step(counts: dict[str, int]) -> ChecklistStep:
    lacking = counts["without_owner"]
    if not counts["letters"]:
        note = Note("Indlæs listen først.")
    elif lacking:
        text = f"{_letter_count(lacking)} mangler afsender, leder eller enhed."
        note = Note(text, reverse("unassigned"), "Se breve uden ansvarlig", "without-owner")
    else:
        note = Note("Alle breve har en ansvarlig.")
    return ChecklistStep("Find ansvarlige", [note], bool(counts["letters"]) and not lacking)


def _opening_step(counts: dict[str, int]) -> ChecklistStep:
    unopened, letters = counts["unopened"], counts["letters"]
    if not letters:
        text = "Så kan afsenderne beslutte."
    elif unopened:
        text = f"{_letter_count(unopened)} er ikke åbnet. Åbn, så afsenderne kan beslutte."
    else:
        text = f"Opfølgningen er åben for {_letter_count(letters)}."
    return ChecklistStep("Åbn opfølgningen", [Note(text)], bool(letters) and not unopened, opens=unopened)


def _notices_step(incident: Incident, senders: int) -> ChecklistStep:
    """Return the step of first notices: done when a dispatch was made and nobody is owed a notice now."""
    sent, told = list_dispatches_with_progress(incident, [Kind.FIRST_NOTICE]), count_told_senders(incident)
    if not sent:
        number = told["owed"] or senders  # nothing is owed until the follow-up is opened
        each = f"Hver af de {danish.count(number, 'afsender', 'afsendere')}" if number > 1 else "Hver afsender"
        text = f"{each} får én mail om sine breve. Lederen får kopi."
        return ChecklistStep("Send beskeder", [Note(text, reverse("notices"), "Gå til beskeder", "receivers")], False)
    notes = list(_paused_notes(incident, sent))
    senders_reached = danish.count(told["reached"], "afsender", "afsendere")
    text = f"{senders_reached} har fået mail." if told["reached"] else "Ingen afsendere har fået mail endnu."
    if on_their_way := sum(progress.in_queue + progress.deferred for progress in sent):
        text = f"{text} {danish.count(on_their_way, 'mail', 'mails')} er på vej."
    notes.append(Note(text, reverse("dispatch", args=[sent[0].dispatch.pk]), "Følg udsendelsen"))
    if told["owed"]:
        lacking = danish.count(told["owed"], "afsender mangler", "afsendere mangler")
        text = f"{lacking} en mail om nye breve."
        notes.append(Note(text, reverse("notices"), "Gå til beskeder", "receivers"))
    for progress in sent:
        if number := progress.needing_action:
            address = f"{reverse('dispatch', args=[progress.dispatch.pk])}?tilstand=handling"
            day = f" fra {danish.day_month(progress.dispatch.requested_at)}" if len(sent) > 1 else ""
            text = f"{danish.count(number, 'mail', 'mails')}{day} er måske ikke kommet frem."
            notes.append(Note(text, address, "Se hvorfor"))
    return ChecklistStep("Send beskeder", notes, not told["owed"])


def _paused_notes(incident: Incident, sent: list[DispatchProgress]) -> Iterator[Note]:
    """Yield notes on paused mail and on dispatches that wait for KIT."""
    if SendingSettings.objects.for_incident(incident).paused_at:
        yield Note("Alle mails er på pause.", reverse("notices"), "Se hvorfor")
    for one in sent:
        address = reverse("dispatch", args=[one.dispatch.pk])
        if one.awaits_approval:
            number = danish.count(one.dispatch.promised, "besked", "beskeder")
            yield Note(f"En udsendelse på {number} venter på godkendelse.", address, "Se udsendelsen")
        elif one.status == Dispatch.Status.PAUSED and one.is_unfinished:
            yield Note("En udsendelse er på pause.", address, "Se hvorfor")


def count_told_senders(incident: Incident) -> dict[str, int]:
    """Return `{reached, owed}`: numbers of senders. One query.

    `reached`: senders whose first notice was accepted by a mail server or told by phone. `owed`: senders who are
    owed a first notice, also because of further letters.
    """
    notices = Notice.objects.filter(dispatch__incident=incident, kind=Kind.FIRST_NOTICE)
    told = Q(deliveries__state=State.ACCEPTED) | Q(deliveries__resolution_state=State.TOLD)
    accepted = notices.filter(told, deliveries__role=Delivery.Role.TO)
    return User.objects.aggregate(
        reached=Count("pk", filter=Q(pk__in=accepted.values("receiver"))),
        owed=Count("pk", filter=Q(pk__in=owed_followups(Kind.FIRST_NOTICE, incident).values("receiver"))),
    )


def _reminders_step(incident: Incident) -> ChecklistStep:
    is_on = ReminderSchedule.objects.for_incident(incident).is_on
    off = "Påmindelserne er slået fra."
    text = "Påmindelserne er slået til." if is_on else off
    waiting = incident.dispatches.to_selected_receivers().awaiting_approval().select_related("requested_by")
    notes = [Note(text, reverse("reminders"), "Gå til påmindelser")]
    for dispatch in waiting:
        reminders = danish.count(dispatch.promised, "påmindelse", "påmindelser")
        who = dispatch.requested_by.name if dispatch.requested_by else ""
        words = f"{reminders} fra {who} venter på godkendelse."
        notes.append(Note(words, reverse("dispatch", args=[dispatch.pk]), "Se udsendelsen"))
    return ChecklistStep("Slå påmindelser til", notes, is_on)


def _followup_step(counts: dict[str, int]) -> ChecklistStep:
    undecided, letters, unproven = counts["undecided"], counts["letters"], counts["unproven"]
    if undecided:
        text = f"{danish.number(undecided)} af {_letter_count(letters)} mangler en beslutning."
    else:
        text = "Alle breve har en beslutning." if letters else "Her ser du, hvor langt forvaltningerne er."
    notes = [Note(text, "#forvaltninger", "Se forvaltningerne", "undecided" if undecided else "")]
    if unproven:
        text = f"{_letter_count(unproven)} mangler bevis mere end tre arbejdsdage efter afsendelsen."
        notes.append(Note(text, board_link(Unit.root().pk, status="UNPROVEN"), "Se breve uden bevis", "unproven"))
    return ChecklistStep("Følg op", notes, bool(letters) and not undecided)
