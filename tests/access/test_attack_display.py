"""Whatever stands in a text column of the database, however it came there: no page, file or header runs it."""

from contextlib import suppress

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from notifications.models import Notice
from notifications.outbox import mime
from tests.access.access_checks import url_of
from tests.access.access_rules import EVERYBODY, RULES
from tests.access.attack_checks import active_content, describe_crash
from tests.access.attacker import Attacker, body_of, some, undone
from tests.access.hostile_inputs import PLANTED
from tests.recorded_rows import execute_without_triggers

#: a changed password would end the sessions, and the HTML of a mail is HTML
NO_TEXTS = {"password", "html"}
FORMATTED = models.SlugField | models.URLField | models.EmailField
APPS = ("accounts", "letters", "followups", "notifications")


def free_texts() -> list[tuple[type[models.Model], models.Field]]:
    """Return the text columns that no choice, slug, address or key restricts."""
    return [
        (model, field)
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.concrete_fields
        if model._meta.managed
        and field.name not in NO_TEXTS
        and isinstance(field, models.CharField | models.TextField)
        and not (field.choices or field.unique or isinstance(field, FORMATTED))
    ]


def plant() -> list[str]:
    """Write the text into each of the columns that takes it. Return the names of these columns."""
    planted = []
    for model, field in free_texts():
        names = (model._meta.db_table, field.column, model._meta.pk.column)
        table, column, key = map(connection.ops.quote_name, names)
        text = "'{}'".format(PLANTED[: (field.max_length or 999) - 8].replace("'", "''"))
        with suppress(DatabaseError), transaction.atomic():
            execute_without_triggers(f"UPDATE {table} SET {column} = {text} || {key} WHERE {column} <> ''")  # noqa: S608
            planted.append(f"{model.__name__}.{field.name}")
    return planted


def test_no_page_file_or_mail_runs_what_stands_in_the_database(handed_over_case):
    planted, shown = plant(), 0
    assert {"User.name", "Unit.name", "Letter.subject", "Notice.subject"} <= set(planted)
    for name, access in some(RULES, 40, 0):
        with undone():
            path = url_of(name, access, handed_over_case)
            for person in some(sorted(access.sees or EVERYBODY), 1, 0):
                attacker = Attacker(handed_over_case.sessions[person])
                page = attacker.send("GET", path)
                assert describe_crash(attacker, page) == "", (person, path)
                assert active_content(page) == [], (person, path)
                shown += b"alert(1)" in body_of(page)
    assert shown > 10, planted
    for notice in Notice.objects.all():
        head = mime.build_mail(notice, notice.deliveries.select_related("recipient")).partition(b"\r\n\r\n")[0]
        assert [line for line in head.split(b"\r\n") if line.lower().startswith(b"bcc")] == []
