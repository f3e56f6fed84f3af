"""Where the filled-in workbook is chosen."""

from __future__ import annotations

from typing import Any, BinaryIO

from django import forms
from django.core.exceptions import ValidationError

from letters.forms import FileForm

MOST_BYTES = 20 * 1024**2
TOO_BIG = "Filen fylder mere end 20 MB. Slet billeder og andre ark, gem den, og vælg den igen."


class WorkbookForm(FileForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["fil"]
        field.label = "Regnearket med dine svar"
        field.help_text = "Det, du har hentet her og gemt i Excel. Højst 20 MB."
        field.error_messages |= {
            "required": "Vælg det regneark, du har skrevet svarene i.",
            "empty": "Filen er tom. Gem regnearket igen i Excel, og vælg det.",
        }
        field.widget = forms.ClearableFileInput(attrs={"accept": ".xlsx,.ods,.xls"})

    def clean_fil(self) -> BinaryIO | None:
        file = self.cleaned_data["fil"]
        if file and file.size > MOST_BYTES:
            raise ValidationError(TOO_BIG)
        return super().clean_fil()
