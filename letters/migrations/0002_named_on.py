"""The date that a subject names becomes a fact of the letter, read by the import.

The rule is written here as it was then, so that an old database gets the same dates whatever the rule becomes.
"""

import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import migrations, models

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november",
    "december",
)  # fmt: skip
WRITTEN = re.compile(rf"\b(\d{{1,2}})\. ?({'|'.join(MONTHS)})(?: (\d{{4}}))?\b", re.IGNORECASE)
NUMERIC = re.compile(r"\b(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}))?\b")


def read_subjects(apps, schema_editor):
    for name in ("Letter", "ImportRow"):
        model = apps.get_model("letters", name)
        dated = model.objects.filter(subject__regex=r"\d", sent_at__isnull=False).only("pk", "subject", "sent_at")
        found = []
        for one in dated.iterator():
            one.named_on = date_in(one.subject, one.sent_at.astimezone(COPENHAGEN).date())
            if one.named_on:
                found.append(one)
        model.objects.bulk_update(found, ["named_on"], batch_size=1000)


def date_in(subject, sent_on):
    written = [(d, MONTHS.index(m.lower()) + 1, y) for d, m, y in WRITTEN.findall(subject)]
    for day, month, year in written + NUMERIC.findall(subject):
        found = on_or_after(int(day), int(month), int(year) if year else None, sent_on)
        if found:
            return found
    return None


def on_or_after(day, month, year, sent_on):
    for candidate_year in [year] if year else [sent_on.year, sent_on.year + 1]:
        try:
            candidate = date(candidate_year, month, day)
        except ValueError:
            return None
        if sent_on <= candidate <= sent_on + timedelta(days=366):
            return candidate
    return None


class Migration(migrations.Migration):
    dependencies = [("letters", "0001_initial")]

    operations = [
        migrations.AddField(
            "importrow", "named_on", models.DateField(blank=True, null=True, verbose_name="dato i emnet")
        ),
        migrations.AddField("letter", "named_on", models.DateField(blank=True, null=True, verbose_name="dato i emnet")),
        migrations.RunPython(read_subjects, migrations.RunPython.noop),
    ]
