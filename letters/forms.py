"""The form on *Indlæs liste*: one file, looked at before anything is kept."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from letters import uploads
from letters.importing import reader


class UploadForm(forms.Form):
    fil = forms.FileField(
        label="Listen fra Excel eller som .csv",
        help_text="Højst 50 MB. Listen skal have en række med overskrifter.",
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
        if uploads.is_too_big(sent_bytes):  # the file was let go on its way in, so it would seem to be missing
            self.fields["fil"].error_messages["required"] = reader.too_big(sent_bytes)

    def clean_fil(self) -> bytes:
        """The file's bytes."""
        file = self.cleaned_data["fil"]
        if file.size > reader.MAX_BYTES:
            raise ValidationError(reader.too_big(file.size))
        content = file.read()
        try:
            reader.look(content)
        except reader.Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return content

    @property
    def filename(self) -> str:
        file = self.files.get("fil")
        return getattr(file, "name", "") or "liste"
