"""What decisions and mails forbid about an incident. `letters` knows neither, so the trigger is installed from here."""

from __future__ import annotations

import pgtrigger

from letters.models import Incident
from sepo_incident.core.sql_files import read_sql

KIND_IS_FIXED = (
    "Nogen er gået i gang med brevene, eller en udsendelse er lavet. Derfor kan du ikke ændre, hvad der gik galt. "
    "Luk hændelsen, og opret en ny."
)


class IncidentOfMails(Incident):
    """An incident whose kind is fixed by the first decision or mail: questions and texts depend on the kind."""

    class Meta:
        proxy = True
        triggers = [
            pgtrigger.Trigger(
                name="kind_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("kind"),
                condition=pgtrigger.Condition("OLD.kind IS DISTINCT FROM NEW.kind"),
                func=read_sql("notifications/sql/kind_is_fixed.sql", message=KIND_IS_FIXED),
            )
        ]
