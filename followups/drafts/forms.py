"""What KIT writes in a draft."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from followups.drafts.fields import unknown
from followups.drafts.texts import IN_ADDRESSES, default_body
from followups.models import DraftText
from letters.models import Incident
from sepo_incident import danish
from sepo_incident.forms import FreeText
from sepo_incident.whole import whole


class DraftForm(forms.Form):
    """``version`` is the one that the page was made from, 0 where KIT has written none."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    body = FreeText(
        label="Tekst",
        help_text="Det, der står i {}, bliver udfyldt for hvert brev. Det, der står i [], skriver afsenderen selv.",
        widget=forms.Textarea(attrs={"rows": 16, "class": "wide"}),
        max_length=4000,
        error_messages={"required": "Skriv en tekst."},
    )

    def __init__(self, incident: Incident, category: str, way: DraftText.Way, data: Any = None, **kwargs: Any):
        super().__init__(data, label_suffix="", **kwargs)
        self.incident, self.category, self.way = incident, category, way
        self.name = next(name for name, one in IN_ADDRESSES.items() if one == way)

    @property
    def seen(self) -> int:
        version = whole(self.data.get("version", ""))
        return -1 if version is None else version

    @property
    def words(self) -> str:
        """As typed, or as it is opened."""
        return self["body"].value() or default_body(self.category, self.way)

    def clean_body(self) -> str:
        """With plain line ends, and no field that there is not."""
        body: str = "\n".join(line.rstrip() for line in self.cleaned_data["body"].splitlines())
        if names := unknown(body):
            listed = danish.listed([f"{{{name}}}" for name in names])
            raise ValidationError(f"Der er ingen oplysning, der hedder {listed}. Se under teksten, hvad der er.")
        return body

    def seen_anew(self) -> DraftForm:
        """What was typed, on the version that stands now: saving again is a choice."""
        now = DraftText.objects.of(self.incident, self.category, self.way).first()
        typed = {"body": self.data.get("body", ""), "version": str(now.version if now else 0)}
        return DraftForm(self.incident, self.category, self.way, typed)
