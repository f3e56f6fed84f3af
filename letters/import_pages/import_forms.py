"""The forms for lists and staff files: upload, commit, new units, withdrawal."""

from collections.abc import Sequence
from typing import Any, BinaryIO

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from letters.importing.files import reader, uploads
from letters.importing.plan.letter_comparison import RowCounts
from letters.importing.plan.new_units import ANSWER_NEW_UNIT, NewUnit
from letters.models import ImportBatch
from sepo_incident.core import danish
from sepo_incident.core.danish import Badge
from sepo_incident.core.forms import FreeText, HintedRadios
from sepo_incident.core.parsing import parse_int
from sepo_incident.core.template_tags import chip

MAX_SIZE_TEXT = f"Højst {reader.MAX_BYTES // 1024**2} MB."
NOT_ROWS_MESSAGE = (
    "Det, du har sat ind, er ikke rækker fra et regneark. "
    "Markér rækkerne i Excel, overskrifterne med, kopiér dem, og sæt dem ind."
)


class FileForm(forms.Form):
    """An upload. `fil` becomes the open file; a large file lies on the disk and is never in memory as a whole."""

    fil = forms.FileField(
        label="Listen fra Excel eller som .csv",
        help_text=f"{MAX_SIZE_TEXT} Listen skal have en række med overskrifter.",
        error_messages={
            "required": "Vælg den fil, listen står i.",
            "empty": "Filen er tom. Gem listen igen i Excel, og vælg den nye fil.",
            "max_length": "Filens navn er for langt. Giv den et kortere navn.",
        },
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.tsv,.txt"}),
    )

    def __init__(self, *args: Any, sent_bytes: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # the upload was cut off on the way in, so the file would seem to be missing
        if uploads.is_upload_too_big(sent_bytes):
            self.fields["fil"].error_messages["required"] = reader.too_big(sent_bytes)

    def clean_fil(self) -> BinaryIO | None:
        file = self.cleaned_data["fil"]
        return _refuse_unreadable(file.file) if file else None

    @property
    def filename(self) -> str:
        return getattr(self.files.get("fil"), "name", "") or "liste"


class UploadForm(FileForm):
    """A list of letters, as a file or as rows pasted from Excel. `content` is either."""

    #: Never stored as pasted: the text is read and masked as a file.
    raekker = forms.CharField(
        label="Eller indsæt rækkerne her",
        help_text="Markér rækkerne i Excel, overskrifterne med, kopiér dem, og sæt dem ind.",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )
    vis_kolonner = forms.BooleanField(
        label="Vis mig kolonnerne, før listen bliver læst",
        help_text="Vi spørger selv, når vi er i tvivl om en kolonne.",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fil"].required = False

    def clean_raekker(self) -> bytes | None:
        """Return the rows as the file that Excel would write: text with tabs."""
        rows = self.cleaned_data["raekker"]
        try:
            return _refuse_unreadable(rows.encode()) if rows.strip() else None
        except ValidationError as refusal:
            raise ValidationError(NOT_ROWS_MESSAGE) from refusal

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("fil") and cleaned.get("raekker"):
            self.add_error("raekker", "Vælg en fil, eller indsæt rækker. Vi kan ikke læse begge dele på én gang.")
        elif not (self.errors or cleaned.get("fil") or cleaned.get("raekker")):
            self.add_error("fil", self.fields["fil"].error_messages["required"])
        return cleaned

    @property
    def content(self) -> BinaryIO | bytes:
        content: BinaryIO | bytes = self.cleaned_data["fil"] or self.cleaned_data["raekker"]
        return content

    @property
    def filename(self) -> str:
        return super().filename if self.cleaned_data.get("fil") else "Indsatte rækker"


def _refuse_unreadable[C: (bytes, BinaryIO)](content: C) -> C:
    try:
        reader.file_type_of(content)
    except reader.Refused as refusal:
        raise ValidationError(str(refusal)) from refusal
    return content


class StaffFileForm(FileForm):
    alle = forms.BooleanField(
        label="Alle ansatte står i filen",
        help_text="Så regner vi den, der ikke står i filen, for fratrådt.",
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fil"].label = "Personalefilen fra Excel eller som .csv"
        self.fields["fil"].help_text = f"{MAX_SIZE_TEXT} Filen skal have en række med overskrifter."


class StaffSaveForm(forms.Form):
    """The confirmation that people have left, with the number of people shown on the page.

    The tick is there so that nobody is locked out by a single tap.
    """

    fratraadt = forms.BooleanField(error_messages={"required": "Sæt kryds, når du har set, at de er fratrådt."})

    def __init__(self, leaving: int, data: Any = None) -> None:
        super().__init__(data)
        who = "personen" if leaving == 1 else f"de {danish.number(leaving)}"
        self.fields["fratraadt"].label = f"Ja, {who} er fratrådt"
        if not leaving:
            del self.fields["fratraadt"]

    @property
    def seen(self) -> int:
        """Return the number shown on the page, or -1 (no file has -1) if the number is missing."""
        number = parse_int(self.data.get("tal", ""))
        return -1 if number is None else number


ANSWER_LOOKS = {True: Badge("Besvaret", "is-ok", "check"), False: Badge("Mangler svar", "is-soon", "warning")}


class NewUnitsForm(forms.Form):
    """A question for every new name that resembles a known name. Every question may be left for later."""

    def __init__(self, units: Sequence[NewUnit], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= {unit.key: self._question(unit) for unit in units}

    @property
    def answers(self) -> dict[str, str]:
        return {key: value for key, value in self.cleaned_data.items() if value}

    @staticmethod
    def _question(unit: NewUnit) -> forms.ChoiceField:
        same = [(one.value, f"Den samme som »{one.name}«") for one in unit.candidates]
        where = f" under {unit.where}" if unit.where else ""
        return forms.ChoiceField(
            label=f"»{unit.name}«",
            help_text=format_html(
                "{} på listen{}. {}",
                danish.count(unit.letters, "brev", "breve"),
                where,
                chip(ANSWER_LOOKS[bool(unit.answer)]),
            ),
            choices=[*same, (ANSWER_NEW_UNIT, "En ny enhed")],
            widget=HintedRadios(hints={one.value: one.where for one in unit.candidates}),
            initial=unit.answer,
            required=False,
            error_messages={"invalid_choice": "Listen er ændret imens. Vælg igen."},
        )


class CommitForm(forms.Form):
    """The choice for letters that the list changes, without a default, and the confirmation of the totals.

    The totals shown travel in the same POST.
    """

    aendringer = forms.ChoiceField(
        label="Hvad skal der ske med de ændrede breve?",
        widget=HintedRadios,
        error_messages={"required": "Vælg, hvad der skal ske med de ændrede breve."},
    )
    stemmer = forms.BooleanField(
        label="Ja, det passer med listen",
        error_messages={"required": "Sæt kryds, når tallene passer med listen."},
    )

    def __init__(self, counts: RowCounts, data: Any = None) -> None:
        super().__init__(data, initial={"aendringer": ImportBatch.Take.CHOSEN} if counts.chosen else None)
        field = self.fields["aendringer"]
        field.choices = _change_choices(counts)  # type: ignore[attr-defined]
        if not counts.changed:
            del self.fields["aendringer"]

    @property
    def takes(self) -> str:
        """Return a value of `ImportBatch.Take`. If there was nothing to choose, nothing is changed (NONE)."""
        return str(self.cleaned_data.get("aendringer", ImportBatch.Take.NONE))


def _change_choices(counts: RowCounts) -> list[tuple[str, str]]:
    changes = "ændringen" if counts.changed == 1 else f"alle {danish.number(counts.changed)} ændringer"
    letters = "Lad brevet stå, som det er" if counts.changed == 1 else "Lad brevene stå, som de er"
    choices = [(ImportBatch.Take.ALL.value, f"Tag {changes} med"), (ImportBatch.Take.NONE.value, letters)]
    if counts.chosen:
        chosen = f"Kun dem, jeg har valgt ({danish.number(counts.chosen)})"
        choices.append((ImportBatch.Take.CHOSEN.value, chosen))
    return choices


class WithdrawForm(forms.Form):
    """The letters to withdraw, among the letters that a full list does not name, and the reason.

    The button says whether to withdraw the ticked letters or all letters.
    """

    begrundelse = FreeText(
        label="Hvorfor bliver de trukket tilbage?",
        help_text="For eksempel: Brevene kom frem alligevel.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv, hvorfor brevene trækkes tilbage."},
    )
    besluttede = forms.BooleanField(
        label="Tag også de breve med, der har en beslutning",
        help_text="Så kan indlæsningen af listen ikke fortrydes bagefter.",
        required=False,
    )
    alle = forms.BooleanField(label="Ja, alle breve, der ikke står på listen, skal trækkes tilbage", required=False)

    @property
    def ticked(self) -> list[int]:
        """Return the ids of the ticked letters. The list of letters adds a version to every id."""
        values = self.data.getlist("valgt") if hasattr(self.data, "getlist") else []
        numbers = (parse_int(value.partition(":")[0]) for value in values)
        return [number for number in numbers if number is not None]

    @property
    def among(self) -> list[int] | None:
        """Return the ids of the ticked letters, or None for all letters."""
        return None if self.data.get("hvem") == "alle" else self.ticked

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.among == []:
            raise ValidationError("Sæt kryds ved de breve, der skal trækkes tilbage.")
        if self.among is None and not cleaned.get("alle"):
            self.add_error("alle", "Sæt kryds, når alle brevene skal trækkes tilbage.")
        return cleaned
