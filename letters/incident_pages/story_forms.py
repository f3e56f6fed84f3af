"""The forms of the incident's facts, of the rows of the story, and of an administration's plan."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from letters.models import (
    AdministrationPlan,
    Cause,
    Claim,
    Emergency,
    Incident,
    IncidentContact,
    Measure,
    SupplierExchange,
    TimelineEntry,
)
from letters.story import plans
from sepo_incident.accounts.models import User
from sepo_incident.accounts.users import is_own_address
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import COPENHAGEN
from sepo_incident.core.forms import (
    ClockField,
    ConditionalQuestion,
    ConstraintErrorsMixin,
    DanishDateField,
    EmailField,
    FreeText,
    PhoneField,
    SecureUrlField,
    set_date_bounds,
)

MAX_TEXT_LENGTH = 4000
#: What a person reads about an empty text, by the name of the column.
EMPTY_TEXTS = {
    "titel": "Skriv en titel.",
    "begrundelse": "Skriv, hvordan I ved det.",
    "system": "Skriv, hvilket system det er.",
    "kontakt i personalesager": "Skriv, hvem man kontakter i personalesager.",
    "underskrift": "Skriv en underskrift.",
    "hvad": "Skriv, hvad kontakten er.",
    "hvad skete der": "Skriv, hvad der skete.",
    "det ved vi": "Skriv, hvad I ved.",
    "tiltag": "Skriv, hvad I gør.",
    "ejer": "Skriv, hvem der har ansvaret.",
    "det spurgte vi om": "Skriv, hvad I spurgte om.",
    "hvem aktiverede det": "Skriv, hvem der aktiverede det.",
    "kontakt": "Skriv, hvem der er kontakt.",
}
BEFORE_INCIDENT = "Tidspunktet ligger før hændelsens første dag, {}."


def form_field(field: models.Field[Any, Any], **kwargs: Any) -> forms.Field | None:
    """Return the form field of a column: Danish dates, times and phones; no text takes a CPR number."""
    label = danish.capitalized(str(field.verbose_name))
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return DanishDateField(label=label, required=not field.null)
    if isinstance(field, models.TimeField):
        return ClockField(label=label, required=False, help_text="Kan udelades.")
    if field.name == "phone":
        return PhoneField(label=label, required=False)
    if isinstance(field, models.EmailField):
        needed = {"required": "Skriv en mailadresse."}
        return EmailField(label=label, required=not field.blank, error_messages=needed)
    if isinstance(field, models.TextField):
        long_text = forms.Textarea(attrs={"rows": 4, "class": "wide"})
        return _text(field, widget=long_text, max_length=MAX_TEXT_LENGTH)
    if isinstance(field, models.CharField) and not field.choices:
        return _text(field, max_length=field.max_length)
    wrong = "Vælg en af mulighederne."
    return field.formfield(error_messages={"required": wrong, "invalid_choice": wrong}, **kwargs)


def _text(field: models.Field[Any, Any], **kwargs: Any) -> FreeText:
    name = str(field.verbose_name)
    if not field.blank:
        kwargs["error_messages"] = {"required": EMPTY_TEXTS[name]}
    return FreeText(label=danish.capitalized(name), required=not field.blank, **kwargs)


class StoryForm(forms.ModelForm):
    """A form of a row, with the version that the page showed."""

    #: Fields with a plausible day, and those with one from the incident's first day on.
    DATES: tuple[str, ...] = ()
    DATES_FROM_FIRST_DAY: tuple[str, ...] = ()
    #: Fields that the page shows under a heading that opens.
    FOLDED: tuple[str, ...] = ()
    FOLDED_HEADING = ""
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        formfield_callback = form_field

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial["version"] = self.instance.version if self.instance.pk else ""  # a new row has no version yet
        first, last = self.incident.plausible_dates
        set_date_bounds(self, (first, last), *self.DATES)
        set_date_bounds(self, (self.incident.first_day, last), *self.DATES_FROM_FIRST_DAY)

    @property
    def incident(self) -> Incident:
        return self.instance.incident if hasattr(self.instance, "incident") else self.instance

    def prepare(self, by: User) -> None:
        """Set the columns that follow from the answers, before the row is saved."""


class MomentMixin(forms.ModelForm):
    """Adds a day and a clock time, which together are the column `MOMENT`; never in the future."""

    MOMENT = ""

    def read_moment(self, prefix: str) -> datetime | None:
        """Return the moment of `{prefix}_on` and `{prefix}_clock`, or None; problems are added to the form."""
        day: date | None = self.cleaned_data.get(f"{prefix}_on")
        clock: time | None = self.cleaned_data.get(f"{prefix}_clock")
        if day is None or clock is None:
            return None
        moment = datetime.combine(day, clock, COPENHAGEN)
        there_and_back = moment.astimezone(UTC).astimezone(COPENHAGEN)
        incident: Incident = self.instance.incident
        if there_and_back.replace(tzinfo=None) != moment.replace(tzinfo=None):  # the clock was put forward past it
            self.add_error(f"{prefix}_clock", "Klokkeslættet findes ikke den dag, fordi uret blev stillet frem.")
        elif moment > timezone.now():
            self.add_error(f"{prefix}_on", "Tidspunktet er ikke kommet endnu.")
        elif day < incident.first_day:
            self.add_error(f"{prefix}_on", BEFORE_INCIDENT.format(danish.date(incident.first_day)))
        else:
            return moment
        return None

    def show_moment(self, prefix: str, moment: datetime | None) -> None:
        if moment:
            local = danish.local_time(moment)
            self.initial[f"{prefix}_on"], self.initial[f"{prefix}_clock"] = local.date(), local.time()


OWN_PAGE = "Lad feltet være tomt for at bruge systemets egen side."


class FactsForm(ConstraintErrorsMixin, StoryForm):
    first_day = DanishDateField(label="Første dag, hvor det gik galt")
    last_day = DanishDateField(label="Sidste dag")
    personnel_phone = PhoneField(label="Telefon i personalesager", error_messages={"required": "Skriv et nummer."})
    guide_url = SecureUrlField(label="Vejledning", help_text=OWN_PAGE)
    draft_url = SecureUrlField(label="Udkast til modtageren", help_text=OWN_PAGE)

    class Meta(StoryForm.Meta):
        model = Incident
        fields = (
            "title", "fault_short", "fault_one", "fault_many", "system", "first_day", "last_day", "sent_in_all",
            "sent_in_all_source", "case_number", "document_number", "case_worker", "office", "ean", "support_email",
            "genuine_check", "personnel_contact", "personnel_phone", "signed_by", "guide_url", "draft_url",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        example = "For eksempel: Se nyheden på intranettet, eller ring til Koncern IT på 3000 0300."
        self.fields["genuine_check"].help_text = example
        for form_of_words, usual in self.instance.rules.fault._asdict().items():
            self.fields[f"fault_{form_of_words}"].help_text = f"Lad feltet være tomt for at bruge »{usual}«"

    def _get_validation_exclusions(self) -> set[str]:
        """Validate the constraints about the deadline too, which is not in the form."""
        return super()._get_validation_exclusions() - {"deadline"}  # type: ignore[misc]


#: Since when letters get through, and how somebody knows.
FIX_PROOF = ("fixed_from", "fix_checked_on", "fix_checked_by", "fix_evidence")


class FixForm(ConstraintErrorsMixin, StoryForm):
    """Whether the fault is fixed: since when letters get through and how that is known, or what to do meanwhile."""

    is_fixed = forms.ChoiceField(
        label="Er fejlen rettet?",
        choices=[("ja", "Ja"), ("nej", "Nej")],
        widget=forms.RadioSelect,
        error_messages={"required": "Svar ja eller nej."},
    )
    fix_checked_by = FreeText(
        label="Hvem kontrollerede det?", required=False, max_length=120, help_text="For eksempel Koncern IT"
    )
    fix_evidence = FreeText(
        label="Hvordan ved I det?",
        required=False,
        max_length=200,
        help_text="For eksempel: et prøvebrev ad hver rute kom frem",
    )
    until_fixed = FreeText(
        label="Hvad gør afsenderne imens?",
        required=False,
        max_length=300,
        help_text="Teksten står i mails, i vejledningen og på brevenes sider.",
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
    )

    class Meta(StoryForm.Meta):
        model = Incident
        fields = (*FIX_PROOF, "until_fixed")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.fixed_from or self.instance.until_fixed:
            self.initial["is_fixed"] = "ja" if self.instance.fixed_from else "nej"
        set_date_bounds(self, (self.incident.first_day, calendar.today()), "fixed_from", "fix_checked_on")
        self.helper = FormHelper()
        self.helper.form_tag, self.helper.disable_csrf = False, True
        proven = ConditionalQuestion("is_fixed", *FIX_PROOF, otherwise=("until_fixed",))
        self.helper.layout = Layout("version", proven)

    def clean(self) -> dict[str, Any]:
        """Drop the proof unless the fault is fixed. Then somebody must say what to do meanwhile."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("is_fixed") == "nej":
            for name in FIX_PROOF:
                self.errors.pop(name, None)
                data[name] = getattr(self.fields[name], "empty_value", None)
            if not data.get("until_fixed") and "until_fixed" not in self.errors:
                self.add_error("until_fixed", "Skriv, hvad afsenderne gør, til fejlen er rettet.")
        return data

    def _get_validation_exclusions(self) -> set[str]:
        """Validate the constraint about the incident's last day too, which is not in the form."""
        return super()._get_validation_exclusions() - {"last_day"}  # type: ignore[misc]


class ContactForm(StoryForm):
    class Meta(StoryForm.Meta):
        model = IncidentContact
        fields = ("kind", "title", "contact_name", "phone", "email", "case_number")


class TimelineForm(StoryForm):
    DATES = ("day",)

    class Meta(StoryForm.Meta):
        model = TimelineEntry
        fields = ("kind", "day", "time", "text", "source", "in_note")


class CauseForm(StoryForm):
    class Meta(StoryForm.Meta):
        model = Cause
        fields = ("known", "unknown", "status")


class ClaimForm(StoryForm):
    """A new claim is one that nobody has made yet. A claim that was made keeps its kind."""

    class Meta(StoryForm.Meta):
        model = Claim
        fields = ("kind", "reason", "is_withdrawn")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["kind"].disabled = self.instance.pk is not None
        if self.instance.pk is None:
            del self.fields["is_withdrawn"]
        self.fields["reason"].help_text = "Begrundelsen bliver trykt i notatet."


class MeasureForm(StoryForm):
    DATES_FROM_FIRST_DAY = ("due_on",)

    class Meta(StoryForm.Meta):
        model = Measure
        fields = ("title", "contact_name", "phone", "due_on", "status")

    def prepare(self, by: User) -> None:
        measure = self.instance
        if measure.status != Measure.Status.DONE:
            measure.done_by, measure.done_at = None, None
        elif measure.done_at is None:
            measure.done_by, measure.done_at = by, timezone.now()


class SupplierForm(StoryForm):
    DATES = ("day", "next_answer_on")

    class Meta(StoryForm.Meta):
        model = SupplierExchange
        fields = ("day", "text", "answer", "next_answer_on")


class EmergencyForm(MomentMixin, StoryForm):
    raised_on = DanishDateField(label="Hvornår blev det aktiveret?")
    raised_clock = ClockField(label="Aktiveret klokken", error_messages={"required": "Skriv klokkeslættet."})
    ended_on = DanishDateField(
        label="Hvornår sluttede det?", required=False, help_text="Lad feltet være tomt, så længe det er aktivt."
    )
    ended_clock = ClockField(label="Slut klokken", required=False)

    class Meta(StoryForm.Meta):
        model = Emergency
        fields = ("contact_name",)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.show_moment("raised", self.instance.raised_at)
        self.show_moment("ended", self.instance.stood_down_at)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if bool(data.get("ended_on")) != bool(data.get("ended_clock")):
            self.add_error("ended_on", "Skriv både dag og klokkeslæt, eller ingen af dem.")
        raised, ended = self.read_moment("raised"), self.read_moment("ended")
        if raised and ended and ended < raised:
            self.add_error("ended_on", "It-beredskabet kan ikke slutte, før det blev aktiveret.")
        if raised:
            self.instance.raised_at, self.instance.stood_down_at = raised, ended
        return data


ABOUT_MAILS_AND_NOTE = (
    "support_email", "mail_text", "director_name", "director_email", "statement", "committee", "meeting_on",
    "case_number", "document_number", "case_worker", "office", "ean",
)  # fmt: skip


class PlanForm(StoryForm):
    DATES_FROM_FIRST_DAY = ("deadline", "meeting_on")
    FOLDED = ABOUT_MAILS_AND_NOTE
    FOLDED_HEADING = "Mails, direktør og statusnotat"

    class Meta(StoryForm.Meta):
        model = AdministrationPlan
        fields = ("contact_name", "phone", "email", "deadline", "text", *ABOUT_MAILS_AND_NOTE)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        deadline = danish.weekday_date(self.incident.deadline)
        self.fields["deadline"].help_text = f"Kan udelades. Senest {deadline}."
        self.fields["text"].help_text = (
            "Sådan sender I brevene igen, og sådan følger I op på konsekvenserne. Vises på Mine breve for jeres "
            "afsendere. Uden teksten er der ingen plan."
        )
        instead = f"Står i mails til jeres afsendere i stedet for {self.incident.support_email}."
        self.fields["support_email"].help_text = instead
        self.fields["director_email"].help_text = (
            "Direktøren får en mail på fristens dag, og tre arbejdsdage efter, hvis noget mangler: hvor mange breve, i "
            "hvilke enheder, og hvem man ringer til. Kan udelades."
        )
        in_mail = "En eller to sætninger i den første mail til jeres afsendere. Kan udelades."
        self.fields["mail_text"].help_text = in_mail
        self.fields["statement"].help_text = format_html(
            "Hvad I har gjort, og hvad der mangler. Teksten står først under »Hvad der er gjort« i notatet om jer. "
            '<a href="{}">Se statusnotaterne</a>',
            reverse("notes"),
        )

    def clean_director_email(self) -> str:
        return self._own_address("director_email")

    def clean_support_email(self) -> str:
        return self._own_address("support_email")

    def _own_address(self, name: str) -> str:
        """Refuse a mistyped or private address, which would get or stand in mails about the letters."""
        address: str = self.cleaned_data[name]
        if address and not is_own_address(address):
            raise ValidationError("Skriv en mailadresse i kommunen.")
        return address

    def clean_deadline(self) -> date | None:
        deadline: date | None = self.cleaned_data["deadline"]
        if deadline and deadline != self.instance.deadline and deadline < calendar.today():
            raise ValidationError("Fristen er passeret. Vælg en dag fra i dag.")
        self.instance.deadline = deadline
        try:
            plans.refuse_late_deadline(self.instance, self.incident)
        except ValidationError as refusal:
            raise ValidationError(refusal.messages) from refusal
        return deadline
