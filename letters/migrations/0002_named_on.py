"""The date that a subject names becomes a fact of the letter, read by the import."""

from django.db import migrations, models

from letters import named_dates
from sepo_incident import danish


def read_subjects(apps, schema_editor):
    for name in ("Letter", "ImportRow"):
        model = apps.get_model("letters", name)
        dated = model.objects.filter(subject__regex=r"\d", sent_at__isnull=False).only("pk", "subject", "sent_at")
        found = []
        for one in dated.iterator():
            one.named_on = named_dates.date_in(one.subject, danish.day(one.sent_at))
            if one.named_on:
                found.append(one)
        model.objects.bulk_update(found, ["named_on"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("letters", "0001_initial")]

    operations = [
        migrations.AddField(
            "importrow", "named_on", models.DateField(blank=True, null=True, verbose_name="dato i emnet")
        ),
        migrations.AddField("letter", "named_on", models.DateField(blank=True, null=True, verbose_name="dato i emnet")),
        migrations.RunPython(read_subjects, migrations.RunPython.noop),
    ]
