"""*Databrud*: the breach question (GDPR art. 33 and 34). Koncern IT answers, and the data protection officer reads."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from letters.incident_pages.story_forms import MAX_TEXT_LENGTH, MomentMixin
from letters.incidents import incident_or_404
from letters.models import (
    BreachAssessment,
    BreachNotification,
    BreachOpinion,
    BreachReport,
    Incident,
    InformationDecision,
    Letter,
)
from letters.story import breach
from letters.story.breach import AffectedGroup
from letters.story.story_rows import read_story_rows
from sepo_incident.accounts.roles import Role, SignedInRequest, kit_admin_required, requires_role
from sepo_incident.core import danish, logs
from sepo_incident.core.database import Conflict
from sepo_incident.core.forms import (
    ClockField,
    DanishDateField,
    FreeText,
    HintedRadios,
    parse_int,
    parse_version,
    set_date_bounds,
)

Answer = BreachAssessment.Answer
breach_reader_required = requires_role(Role.KIT_ADMIN, Role.ADVISER)


class ReportForm(MomentMixin):
    """A new report. The clock starts when somebody became aware, not when the form is sent."""

    aware_on = DanishDateField(label="Hvornår blev det opdaget?")
    aware_clock = ClockField(label="Klokken", error_messages={"required": "Skriv klokkeslættet."})
    text = FreeText(
        label="Hvad er opdaget?",
        max_length=MAX_TEXT_LENGTH,
        help_text="Står i hændelsens forløb og i statusnotatet. Skriv uden navne.",
        error_messages={"required": "Skriv, hvad I har opdaget."},
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
    )
    lost_confidentiality = forms.BooleanField(
        label="Fortrolighed: uvedkommende kan have set oplysninger", required=False
    )
    lost_integrity = forms.BooleanField(label="Integritet: oplysninger kan være ændret", required=False)
    lost_availability = forms.BooleanField(
        label="Tilgængelighed: nogen kan ikke få fat i deres oplysninger", required=False
    )

    class Meta:
        model = BreachReport
        fields = ("text", "lost_confidentiality", "lost_integrity", "lost_availability")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if aware_at := self.read_moment("aware"):
            self.instance.aware_at = aware_at
        return data


class AssessmentForm(forms.ModelForm):
    answer = forms.ChoiceField(
        label="Er det et brud, og anmeldes det til Datatilsynet?",
        choices=Answer.choices,
        widget=HintedRadios(
            hints={
                Answer.NOTIFY: "Der er en risiko for de berørte.",
                Answer.DO_NOT_NOTIFY: "Det er usandsynligt, at der er en risiko for de berørte.",
                Answer.NOT_A_BREACH: "Oplysninger er hverken tabt, ændret eller set af uvedkommende.",
                Answer.UNDECIDED: "De 72 timer løber stadig.",
            }
        ),
        error_messages={"required": "Vælg et svar.", "invalid_choice": "Vælg et svar."},
    )
    reason = FreeText(
        label="Begrundelse",
        required=False,
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5, "class": "wide"}),
        help_text="Hvilke konsekvenser kan det få for de berørte, og hvor sandsynligt er det?",
    )

    refs = FreeText(
        label="Eller kun disse breve",
        required=False,
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "class": "wide"}),
        help_text="Skriv id’er fra listen med mellemrum. Lad begge felter være tomme, hvis I ikke ved det endnu.",
    )

    class Meta:
        model = BreachAssessment
        fields = ("answer", "reason", "concerns_all", "refs")
        labels = {"concerns_all": "Alle hændelsens breve er berørt"}

    def clean_refs(self) -> str:
        """Find the letters of the incident with the typed ids."""
        typed = set(self.cleaned_data["refs"].replace(",", " ").split())
        letters = Letter.objects.filter(incident=self.instance.report.incident, source_ref__in=typed).active()
        found = dict(letters.order_by("pk").values_list("source_ref", "pk"))
        if unknown := sorted(typed - set(found)):
            raise forms.ValidationError(
                f"Hændelsen har ikke {danish.join_with_and(unknown)}. Ret id’et, eller slet det."
            )
        self.instance.letters = list(found.values())
        return " ".join(found)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("answer") != Answer.UNDECIDED and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Skriv begrundelsen.")
        if data.get("concerns_all") and data.get("refs"):
            self.add_error("refs", "Vælg enten alle breve eller enkelte breve.")
        return data


class NotificationForm(MomentMixin):
    sent_on = DanishDateField(label="Hvornår er det sendt?")
    sent_clock = ClockField(label="Klokken", error_messages={"required": "Skriv klokkeslættet."})
    case_number = FreeText(label="Datatilsynets sagsnummer", required=False, max_length=40, help_text="Kan udelades.")

    class Meta:
        model = BreachNotification
        fields = ("case_number",)

    def read_moment(self, prefix: str) -> Any:
        self.instance.incident = self.instance.report.incident
        return super().read_moment(prefix)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        sent_at, newest = self.read_moment("sent"), self.instance.report.assessments.first()
        if sent_at:
            self.instance.sent_at = sent_at
        if sent_at and sent_at < self.instance.report.aware_at:
            self.add_error("sent_on", "Det mulige brud var ikke opdaget endnu.")
        if newest is None or newest.answer != Answer.NOTIFY:
            raise forms.ValidationError("Skriv først vurderingen »Brud, anmeldes«.")
        return data


class OpinionForm(forms.ModelForm):
    text = FreeText(
        label="Din udtalelse",
        max_length=MAX_TEXT_LENGTH,
        error_messages={"required": "Skriv udtalelsen."},
        widget=forms.Textarea(attrs={"rows": 6, "class": "wide"}),
        help_text="Koncern IT læser den her, og statusnotatet gengiver den.",
    )

    class Meta:
        model = BreachOpinion
        fields = ("text",)


class InformationForm(forms.ModelForm):
    """Whether the recipients of the letters of a category are told, with the text that they get."""

    category = forms.ChoiceField(label="Hvilke breve?", error_messages={"required": "Vælg et emneområde."})
    is_told = forms.TypedChoiceField(
        label="Får modtagerne besked om bruddet?",
        choices=[("ja", "Ja"), ("nej", "Nej")],
        coerce=lambda value: value == "ja",
        widget=HintedRadios(
            hints={"ja": "Der er sandsynligvis en høj risiko for dem.", "nej": "Der er ikke en høj risiko for dem."}
        ),
        error_messages={"required": "Svar ja eller nej."},
    )
    reason = FreeText(
        label="Begrundelse",
        max_length=MAX_TEXT_LENGTH,
        error_messages={"required": "Skriv begrundelsen."},
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
    )
    text = FreeText(
        label="Beskeden til modtagerne",
        required=False,
        max_length=MAX_TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 12, "class": "wide"}),
        help_text="Ret udkastet. Forvaltningerne sender beskeden.",
    )
    told_on = DanishDateField(label="Hvornår er beskeden sendt?", required=False, help_text="Kan udelades.")

    class Meta:
        model = InformationDecision
        fields = ("category", "is_told", "reason", "text", "told_on")

    def __init__(self, *args: Any, groups: list[AffectedGroup], **kwargs: Any):
        kwargs["auto_id"] = "besked_%s"  # the assessment on the same page has a reason too
        super().__init__(*args, **kwargs)
        choices = [(one.category, f"{one.category} ({danish.count(one.letters, 'brev', 'breve')})") for one in groups]
        self.fields["category"].choices = choices  # type: ignore[attr-defined]
        today = danish.local_date(timezone.now())
        set_date_bounds(self, (self.instance.report.incident.first_day, today), "told_on")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("is_told") is False:  # the draft stands in the form whatever the answer
            data |= {"text": "", "told_on": None}
        elif data.get("is_told") and not data.get("text") and "text" not in self.errors:
            self.add_error("text", "Skriv, hvad modtagerne får at vide.")
        return data


@require_safe
@breach_reader_required
def show_breach(request: SignedInRequest) -> HttpResponse:
    """Show the report that the address names (`?brud=`), otherwise the newest unsettled one."""
    incident, pk = incident_or_404(request), parse_int(request.GET.get("brud", ""))
    asked = BreachReport.objects.filter(incident=incident, pk=pk).first() if pk else None
    return _render(request, incident, about=asked)


@require_POST
@kit_admin_required
def report_breach(request: SignedInRequest) -> HttpResponse:
    """Save a new report, which starts a clock of its own and needs an assessment of its own."""
    incident = incident_or_404(request)
    form = ReportForm(request.POST, instance=BreachReport(incident=incident, by=request.user))
    if not form.is_valid():
        return _render(request, incident, status=422, report_form=form)
    breach.save_once(form.instance, incident, {"incident": incident})
    logs.log_security_event("breach_reported", request.user.pk, report_id=form.instance.pk)
    messages.success(request, "Det mulige brud er gemt. De 72 timer regnes fra tidspunktet. Skriv nu vurderingen.")
    return redirect("breach")


@require_POST
@kit_admin_required
def assess_breach(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save an assessment of the report. Answer 409 if somebody else assessed the report in the meantime."""
    incident, report = _report_or_404(request, pk)
    form = AssessmentForm(request.POST, instance=BreachAssessment(report=report, by=request.user))
    if not form.is_valid():
        return _render(request, incident, status=422, assessment_form=form, about=report)
    made, seen = form.instance, parse_version(request.POST.get("seen", ""))
    concerned = {"concerns_all": made.concerns_all, "letters": made.letters}
    try:
        breach.assess(report, made.answer, made.reason, seen, request.user, **concerned)
    except Conflict as conflict:
        return _render(request, incident, 409, assessment_form=form, about=report, conflict=str(conflict))
    logs.log_security_event("breach_assessed", request.user.pk, report_id=report.pk)
    messages.success(request, "Vurderingen er gemt.")
    return redirect("breach")


@require_POST
@kit_admin_required
def mark_breach_notified(request: SignedInRequest, pk: int) -> HttpResponse:
    """Record that the notification was sent to Datatilsynet."""
    incident, report = _report_or_404(request, pk)
    form = NotificationForm(request.POST, instance=BreachNotification(report=report, by=request.user))
    if not form.is_valid():
        return _render(request, incident, status=422, notification_form=form, about=report)
    breach.save_once(form.instance, incident, {"report": report})
    logs.log_security_event("breach_notified", request.user.pk, report_id=report.pk)
    messages.success(request, "Anmeldelsen er noteret.")
    return redirect("breach")


@require_POST
@requires_role(Role.ADVISER)
def give_opinion(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save what the data protection officer says of the report."""
    incident, report = _report_or_404(request, pk)
    form = OpinionForm(request.POST, instance=BreachOpinion(report=report, by=request.user))
    if not form.is_valid():
        return _render(request, incident, status=422, opinion_form=form, about=report)
    breach.save_once(form.instance, incident, {"report": report})
    logs.log_security_event("breach_opinion_given", request.user.pk, report_id=report.pk)
    messages.success(request, "Udtalelsen er gemt.")
    return redirect(breach.address_of(report))


@require_POST
@kit_admin_required
def decide_information(request: SignedInRequest, pk: int) -> HttpResponse:
    """Save whether the recipients of the letters of a category are told."""
    incident, report = _report_or_404(request, pk)
    [clock] = [one for one in _clocks_of(incident) if one.report.pk == report.pk]
    decision = InformationDecision(report=report, by=request.user)
    form = InformationForm(request.POST, instance=decision, groups=breach.affected_groups(clock))
    if not form.is_valid():
        return _render(request, incident, status=422, information_form=form, about=report)
    breach.save_once(form.instance, incident, {"report": report, "category": decision.category})
    logs.log_security_event("breach_information_decided", request.user.pk, report_id=report.pk)
    messages.success(request, f"Svaret om {form.instance.category} er gemt.")
    return redirect(breach.address_of(report))


def _clocks_of(incident: Incident) -> list[breach.BreachClock]:
    return breach.clocks_of(read_story_rows(incident), timezone.now())


def _concerned(newest: BreachAssessment | None) -> dict[str, Any]:
    """Return which letters the newest assessment named, for the form of the next."""
    if newest is None:
        return {}
    refs = Letter.objects.filter(pk__in=newest.letters).order_by("pk").values_list("source_ref", flat=True)
    return {"concerns_all": newest.concerns_all, "refs": " ".join(refs)}


def _report_or_404(request: SignedInRequest, pk: int) -> tuple[Incident, BreachReport]:
    incident = incident_or_404(request)
    return incident, get_object_or_404(BreachReport, incident=incident, pk=pk)


def _render(
    request: SignedInRequest, incident: Incident, status: int = 200, about: BreachReport | None = None, **forms: Any
) -> HttpResponse:
    """Render the page about the report, otherwise about the newest unsettled report."""
    clocks = _clocks_of(incident)
    shown = [one for one in clocks if (one.report.pk == about.pk if about else not one.is_settled)]
    current = next(iter(shown or clocks), None)
    context: dict[str, Any] = {
        "incident": incident,
        "clocks": clocks,
        "current": current,
        "is_kit": Role.KIT_ADMIN in request.user.roles,
        "is_adviser": Role.ADVISER in request.user.roles,
        "advisers": breach.advisers_for(incident),
        "report_form": ReportForm(instance=BreachReport(incident=incident)),
    }
    if current:
        context |= _forms_about(request, current)
    context |= forms
    bound = [value for name, value in forms.items() if name.endswith("_form")]
    return render(
        request, "letters/breach.html", context | {"form": bound[0] if bound else context["report_form"]}, status=status
    )


def _forms_about(request: SignedInRequest, current: breach.BreachClock) -> dict[str, Any]:
    """Return whom the report that the page is about concerns, and the reader's forms and drafts about it."""
    report, groups = current.report, breach.affected_groups(current)
    context: dict[str, Any] = {
        "affected": breach.affected_sentence(current.newest, report.incident),
        "groups": groups,
        "opinion_form": OpinionForm(),
    }
    if Role.KIT_ADMIN in request.user.roles:
        told = InformationDecision(report=report, text=breach.draft_information(report, request.user))
        context |= {
            "assessment_form": AssessmentForm(initial={"answer": ""} | _concerned(current.newest)),
            "notification_form": NotificationForm(instance=BreachNotification(report=report)),
            "information_form": InformationForm(instance=told, initial={"is_told": ""}, groups=groups),
            "draft": breach.draft_notification(report, request.user),
        }
    return context
