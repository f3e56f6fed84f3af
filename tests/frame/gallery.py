"""Every component and every kind of field on one page, for browser tests and for the eye.

The module is a URLconf: the pages of the apps are only names here.
"""

import datetime as dt
from pathlib import Path

from crispy_forms.bootstrap import InlineCheckboxes, InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Layout
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.template import engines
from django.urls import include, path

from followups.models import FollowUp, LetterRow
from letters.incident_kinds import USUAL_RULES
from sepo_incident.accounts.sign_in.forms import CodeRequestForm
from sepo_incident.core import charts
from sepo_incident.core.components import Pill
from sepo_incident.core.danish import COPENHAGEN
from sepo_incident.core.forms import ConditionalQuestion, DanishDateField, HintedRadios, OptionCards
from sepo_incident.demo.tour import PersonaLink
from sepo_incident.web.front_page import STATIONS, Figure
from tests.factories import IncidentFactory

HERE = Path(__file__).parent
TODAY = dt.date(2020, 1, 13)
REMEDIES = [
    ("RESEND", "Jeg sender det samme brev igen"),
    ("NEW", "Jeg skriver et nyt brev"),
    ("NONE", "Brevet skal ikke sendes igen"),
]
YES_NO = [("ja", "Ja"), ("nej", "Nej")]


class GalleryForm(forms.Form):
    remedy = forms.ChoiceField(
        label="1. Hvad gør du med brevet?",
        choices=REMEDIES,
        widget=HintedRadios(hints={"RESEND": "Indholdet passer stadig, også datoerne."}),
    )
    is_sent = forms.ChoiceField(
        label="Er det nye brev sendt?", choices=YES_NO, widget=forms.RadioSelect, required=False
    )
    why = forms.CharField(label="Hvorfor ikke?", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    missed = forms.ChoiceField(label="2. Er en frist passeret?", choices=YES_NO, widget=forms.RadioSelect)
    old = DanishDateField(label="Dato i det gamle brev", required=False)
    parties = forms.MultipleChoiceField(
        label="For hvem?", choices=[("a", "Modtageren"), ("b", "Kommunen")], widget=forms.CheckboxSelectMultiple
    )
    text = forms.CharField(
        label="Hvad er der sket?",
        help_text="Skriv ikke navne.",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_journalised = forms.BooleanField(label="Ja, det er journaliseret", help_text="Det må ikke skade modtageren.")
    desk = forms.ChoiceField(label="Standardsvar", choices=[("1", "Find et brev"), ("2", "Flyt en frist")])
    amount = forms.DecimalField(label="Beløb", required=False, localize=True)
    upload = forms.FileField(label="Vælg filen med breve", help_text="xlsx eller csv, højst 50 MB.", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, initial="skjult", required=False)

    @property
    def helper(self):
        helper = FormHelper()
        helper.form_action = "saved"
        helper.render_hidden_fields = True
        helper.attrs = {"data-keep": "", "data-guard": ""}
        helper.layout = Layout(
            OptionCards("remedy", under={"NEW": [InlineRadios("is_sent")], "NONE": ["why"]}),
            ConditionalQuestion("missed", "old", opens_on=["ja"]),
            InlineCheckboxes("parties"),
            *("text", "is_journalised", "desk", "amount", "upload"),
            HTML('<div class="actions"><button class="button button-primary">Gem og vis næste brev</button>'),
            HTML('<button class="button button-secondary">Gem</button></div>'),
            HTML("<p class='small muted'>Du kan altid fortryde.</p>"),
        )
        return helper


def letter(pk, subject="", *, due_on=None, status="OPEN", remedy="", personnel=False, kind="CITIZEN"):
    sent_at = dt.datetime(2019, 12, 9 + pk % 10, 14, 5, tzinfo=COPENHAGEN)
    made = LetterRow(pk=pk, subject=subject, sent_at=sent_at, recipient_kind=kind, recipient_key=f"{pk:064x}")
    made.is_personnel_case, made.sender_name, made.reader_may_read = personnel, "Karen Bülow Møller", True
    made.followup = FollowUp(pk=pk, letter=made, status=status, due_on=due_on, remedy=remedy)
    made.date_in_force, made.is_date_late = due_on, due_on is not None and due_on < TODAY
    made.arrival_state = made.sent_back_at = None
    made.deadline = dt.date(2020, 1, 15)
    # the database computes these columns of saved rows only
    made.followup.lacks_answer = made.followup.awaits_deletion = made.awaits_reader = False
    return made


def gallery(request):
    messages.success(request, "Din beslutning er gemt.")
    messages.error(request, "Vi kunne ikke gemme.")
    today = TODAY
    wrong = {"missed": "ja", "old_day": "31", "old_month": "11", "old_year": "2019", "remedy": "NEW", "text": "x" * 201}
    late = [
        letter(1, "Indkaldelse til skole-hjem-samtale", due_on=dt.date(2020, 1, 10)),
        letter(2, "Indkaldelse til sygefraværssamtale", due_on=dt.date(2020, 1, 14), personnel=True, kind="EMPLOYEE"),
    ]
    rest = [
        letter(3),
        letter(4, "Uddannelsesparathedsvurderingsklageadgangsvejledning", status="CONFIRMED", remedy="RESEND"),
    ]
    parts = [(118, 72, 14, 8, 2), (0, 14, 4, 16, 0), (0, 0, 0, 0, 0)]
    fills = [
        ("s-decide", "mangler beslutning"),
        ("s-send", "skal sendes"),
        ("s-answer", "mangler svar om konsekvenser"),
        ("s-leader", "venter på lederen"),
        ("s-done", "fulgt op"),
    ]
    left = [1600, 1421, 1214, 1046, 897, 897, 612]
    context = {
        "today": today,
        "deadline": dt.date(2020, 1, 15),
        "empty_form": GalleryForm(),
        "wrong_form": GalleryForm(wrong, prefix=None, auto_id="fejl_%s"),
        "groups": [("Dato passeret (2)", late), ("Øvrige breve (2)", rest)],
        "page_obj": Paginator(range(120), 50).page(2),
        "tiles": [
            {
                "number": 1612,
                "label": "mangler beslutning",
                "tone": "is-soon",
                "url": "#a",
            },
            {"number": 71, "label": "har en dato, der er passeret", "tone": "is-late", "url": "#b"},
            {"number": 847, "label": "er færdige", "tone": "is-ok"},
        ],
        "pills": [Pill("Alle", "?", 1428, is_current=True), Pill("Leder mangler", "?mangler=1", 31, "is-soon")],
        "legend": fills,
        "bars": [
            charts.build_bar([charts.BarPart(f, n, w) for (f, w), n in zip(fills, row, strict=True)], 214)
            for row in parts
        ],
        "chart": charts.build_burn_down(
            [(dt.date(2020, 1, 7 + n), value) for n, value in enumerate(left)],
            [(dt.date(2020, 1, 7), 1600), (dt.date(2020, 1, 15), 0)],
            1600,
            dt.date(2020, 1, 15),
        ),
    }
    return HttpResponse(engines["pages"].from_string((HERE / "gallery.html").read_text()).render(context, request))


def personas(request):
    """Render the sign-in page as in the demo."""
    people = [
        {
            "key": "karen",
            "name": "Karen Bülow Møller",
            "role": "Medarbejder",
            "does": "Svalevejens Skole. 14 breve venter.",
        },
        {
            "key": "jens",
            "name": "Jens Ågård",
            "role": "Koordinator, Børne- og Ungdoms",
            "does": "Bekræfter skolens breve.",
        },
        {"key": "mette", "name": "Mette Dahl", "role": "Koncern IT", "does": "Indlæser listen og sender beskederne."},
    ]
    link = PersonaLink("Se brevet", "/brev/1/", "Karen Bülow Møller", "karen")
    stations = [station._replace(link=link) for station in STATIONS]
    figures = [Figure(3400, "breve kom ikke frem", link)] * 4
    context = {"form": CodeRequestForm(), "demo_strip": {"people": people}, "stations": stations, "figures": figures}
    context["incident"] = IncidentFactory.build()  # figures are of an incident
    return render(request, "accounts/sign_in.html", context | {"rules": USUAL_RULES, "has_codes": True})


def save(request):
    return HttpResponse(
        engines["pages"]
        .from_string("{% extends 'base.html' %}{% block main %}<h1>Gemt</h1>{% endblock %}")
        .render({}, request)
    )


def forbidden(request):
    raise PermissionDenied


def broken(request):
    raise RuntimeError("meant")


def page(request, **kwargs):
    return save(request)


NAMES = [
    "my_letters",
    "incident",
    "imports",
    "notices",
    "unassigned",
    "people",
    "staff_files",
    "categories",
    "boards",
    "escalations",
    "notes",
]
NAMES += ["my_absence", "handovers", "report_missing", "search", "incident_fix"]
NAMES += ["new_incident", "breach", "reminders", "close_incident", "certificates", "standard_answers", "verify_note"]
NAMES += ["incoming", "not_reached", "demo_sign_in", "demo_mailbox", "alarms", "channels"]
urlpatterns = [
    path("", include("sepo_incident.accounts.sign_in.urls")),
    path("", include("sepo_incident.web.front_page")),
    path("", include("sepo_incident.web.pages")),
    path("galleri/", gallery, name="gallery"),
    path("personer/", personas),
    path("gemt/", save, name="saved"),
    path("forbudt/", forbidden),
    path("fejl/", broken),
    path("brev/<int:pk>/", page, name="letter"),
    *[path(f"{name}/", page, name=name) for name in NAMES],
]
handler400 = "sepo_incident.web.pages.bad_request"
handler403 = "sepo_incident.web.pages.permission_denied"
handler404 = "sepo_incident.web.pages.page_not_found"
handler500 = "sepo_incident.web.pages.server_error"
