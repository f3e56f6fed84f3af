"""Upload lists through the import page, among them a list whose columns the import asks about."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from letters.models import ImportBatch

HEADERS = ["Nr", "Afs_mail", "Chef", "Org", "Emnefelt", "Afsendt kl.", "CPR", "Bem."]
FIRST = ["1", "karen@kk.example", "jens@kk.example", "Skolen", "Møde", "11-12-2019 09:14", "0102701234", ""]
SECOND = ["2", "anne@kk.example", "jens@kk.example", "Skolen", "", "12-12-2019 13:42", "0102701235", "ring først"]
UNCERTAIN_LIST = [HEADERS, FIRST, SECOND]
FIELDS = ["source_ref", "sender_email", "leader_email", "unit_name", "subject", "sent_at", "recipient", ""]


def upload_list(client, content: bytes, name: str = "liste.xlsx", **extra):
    return client.post(reverse("imports"), {"fil": SimpleUploadedFile(name, content)}, follow=True, **extra)


def batch_with_questions() -> ImportBatch:
    return ImportBatch.objects.get(status=ImportBatch.Status.ASKING)


def columns_url(batch) -> str:
    return reverse("import_columns", args=[batch.pk])
