"""Duplicates in a batch: a letter listed twice is rejected, a mail under two Brev-ids gets a remark.

No row is dropped. Also gives the recipients of a message trace separate Brev-ids: there, a mail to three people is
three rows under the same Message-ID, and three letters. The rules are SQL over the accepted rows of a batch, and the
first row of a group stands. Groups are found by hashing, because sorting a long list by text costs as much as staging
the list.
"""

import json
from collections.abc import Collection
from typing import Any

from django.db import connection, transaction

from letters.importing.headers import LABELS, is_message_id_header
from letters.importing.rows.cell_rules import NOTICE, REJECT
from letters.importing.rows.problem_kinds import ProblemKind
from letters.importing.rows.unit_matching import UnitPath
from letters.models import ImportBatch

#: So many digits of the keyed hash tell the recipients of a mail apart.
KEY_DIGITS = 8

_MAX_MESSAGE_ID = 120 - KEY_DIGITS - 1  # leaves room for the key in ``ImportRow.source_ref``
_SEPARATE_RECIPIENTS = f"""
    WITH several AS (
        SELECT source_ref FROM letters_importrow
        WHERE batch_id = %(batch)s AND verdict <> 'REJECTED'
        GROUP BY source_ref HAVING count(DISTINCT recipient_key) > 1
    ), named AS (
        UPDATE letters_importrow AS r SET
            source_ref = left(r.source_ref, {_MAX_MESSAGE_ID}) || '/' || left(r.recipient_key, {KEY_DIGITS}),
            shown = CASE WHEN r.shown = '{{}}' THEN r.shown ELSE r.shown || jsonb_build_object(
                'source_ref', left(r.source_ref, {_MAX_MESSAGE_ID}) || '/' || left(r.recipient_key, {KEY_DIGITS})) END
        WHERE r.batch_id = %(batch)s AND r.verdict <> 'REJECTED' AND r.recipient_key <> ''
          AND (%(only)s::bigint IS NULL OR r.id = %(only)s)
          AND right(r.source_ref, {KEY_DIGITS + 1}) <> '/' || left(r.recipient_key, {KEY_DIGITS})
          AND NOT EXISTS (
              SELECT FROM letters_letter AS l
              WHERE l.incident_id = %(incident)s AND l.source_ref = r.source_ref AND l.recipient_key = r.recipient_key
          )
    )
    SELECT count(*) FROM several
"""  # noqa: S608 - built from constants only


def is_message_trace(batch: ImportBatch) -> bool:
    """Return whether the Brev-ids of the list are message ids."""
    return is_message_id_header(batch.header_of("source_ref"))


def separate_recipients(batch: ImportBatch, only: int | None = None) -> int:
    """Give every letter a separate Brev-id, the same in every trace. Return the number of mails to several recipients.

    A letter that was imported under the id of the mail alone, from a different kind of list, keeps that id. ``only``:
    id of a single row.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SEPARATE_RECIPIENTS, {"batch": batch.pk, "incident": batch.incident_id, "only": only})
        mails: int = cursor.fetchone()[0]
        return mails


def original_message_id(source_ref: str, recipient_key: str) -> str:
    """Return the id as in the message trace, without the suffix for the recipient."""
    return source_ref.removesuffix(f"/{recipient_key[:KEY_DIGITS]}") if recipient_key else source_ref


ONE_LETTER_KINDS = (ProblemKind.SAME_ROW, ProblemKind.SAME_ID)
DUPLICATE_KINDS = (*ONE_LETTER_KINDS, ProblemKind.SENT_TWICE)
_COMPARED_FIELDS = (
    "sent_at", "sender_name", "sender_email", "leader_name", "leader_email", *UnitPath._fields, "recipient_kind",
    "recipient_key", "subject",
)  # fmt: skip
#: «række 14», or «Ark2, række 14» where several sheets were read, worded as in ``ImportBatch.where``
_FIRST_AT = """coalesce((%(sheets)s::text[])[first.sheet + 1] || ', ', '') || 'række '
    || replace(to_char(first.row, 'FM9,999,999'), ',', '.')"""
_IS_SAME = " AND ".join(f"r.{name} IS NOT DISTINCT FROM first.{name}" for name in _COMPARED_FIELDS)
#: The first row of every group. There are few or none, so MATERIALIZED finds the first rows before any row is compared;
#: the planner expects many, and would join a million rows with themselves first.
_FIRST_OF_GROUP = """
    WITH twice AS MATERIALIZED (
        SELECT min(id) AS first_id FROM letters_importrow AS one
        WHERE batch_id = %(batch)s AND verdict <> 'REJECTED' AND {whose} GROUP BY {alike} HAVING count(*) > 1
    ), first AS MATERIALIZED (SELECT one.* FROM twice JOIN letters_importrow AS one ON one.id = twice.first_id)
"""
_ONE_LETTER_TWICE = f"""
    {_FIRST_OF_GROUP.format(whose="{only}", alike="source_ref")}
    UPDATE letters_importrow AS r
    SET verdict = 'REJECTED', problems = r.problems || jsonb_build_array(
        %(rejected)s::jsonb || jsonb_build_object('value', r.source_ref) || CASE WHEN {_IS_SAME}
        THEN jsonb_build_object('kind', '{ProblemKind.SAME_ROW}', 'message',
            'Rækken er magen til ' || {_FIRST_AT} || '. Brevet kommer kun ind én gang.')
        ELSE jsonb_build_object('kind', '{ProblemKind.SAME_ID}', 'message',
            'Det samme brev står i ' || {_FIRST_AT} || ' med andre oplysninger. Ret eller fjern den ene.')
        END)
    FROM first
    WHERE r.batch_id = %(batch)s AND r.verdict <> 'REJECTED' AND r.source_ref = first.source_ref AND r.id <> first.id
"""  # noqa: S608 - built from constants only
#: A mail has one sender, recipient, subject and minute. A row without sender or recipient belongs to no mail. Rows are
#: grouped by a hash of the four, which is faster than by the texts; the texts then decide.
_MAIL_HASH = """hashtextextended({0}.recipient_key || {0}.sender_email || {0}.subject,
    trunc(extract(epoch FROM {0}.sent_at) / 60)::bigint)"""
_ONE_MAIL_TWICE = f"""
    {
    _FIRST_OF_GROUP.format(
        whose="recipient_key <> '' AND sender_email <> '' AND {only}", alike=_MAIL_HASH.format("one")
    )
}
    UPDATE letters_importrow AS r
    SET problems = r.problems || jsonb_build_array(%(noticed)s::jsonb || jsonb_build_object(
        'value', r.source_ref, 'kind', '{ProblemKind.SENT_TWICE}', 'message',
        'Samme afsender, modtager, emne og minut som ' || {_FIRST_AT} || '. Brevet kan godt indlæses.'))
    FROM first
    WHERE r.batch_id = %(batch)s AND r.verdict <> 'REJECTED' AND r.id <> first.id
      AND {_MAIL_HASH.format("r")} = {_MAIL_HASH.format("first")}
      AND (r.recipient_key, r.sender_email, r.subject) = (first.recipient_key, first.sender_email, first.subject)
"""  # noqa: S608
_DUPLICATE_PROBLEM = {"column": LABELS["source_ref"]}


def _duplicate_values(batch: ImportBatch) -> dict[str, Any]:
    return {
        "batch": batch.pk,
        "sheets": batch.sheet_names,
        "rejected": json.dumps(_DUPLICATE_PROBLEM | {"severity": REJECT}),
        "noticed": json.dumps(_DUPLICATE_PROBLEM | {"severity": NOTICE}),
    }


@transaction.atomic
def mark_duplicates(batch: ImportBatch) -> None:
    """Add the problems about duplicates to the rows of a newly staged list."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL work_mem = '24MB'; SET LOCAL hash_mem_multiplier = 1")
        for statement in (_ONE_LETTER_TWICE, _ONE_MAIL_TWICE):
            cursor.execute(statement.format(only="true"), _duplicate_values(batch))


#: Removes the problems about duplicates from some rows. A row with no other reason for rejection is accepted again.
_REMOVE_DUPLICATE_PROBLEMS = """
    UPDATE letters_importrow AS r SET problems = (
        SELECT coalesce(jsonb_agg(problem ORDER BY place), '[]')
        FROM jsonb_array_elements(r.problems) WITH ORDINALITY AS each(problem, place)
        WHERE problem ->> 'kind' <> ALL(%(kinds)s)
    ) WHERE id = ANY(%(only)s) AND problems <> '[]'
"""
_ACCEPT_AGAIN = """
    UPDATE letters_importrow SET verdict = 'NEW'
    WHERE id = ANY(%(only)s) AND verdict = 'REJECTED' AND NOT problems @> '[{"severity": "reject"}]'
"""


@transaction.atomic
def recheck_duplicates(batch: ImportBatch, refs: Collection[str], mails: Collection[int]) -> list[int]:
    """Check duplicates again after a correction, for rows with a Brev-id in ``refs`` or a mail hash in ``mails``.

    Return the ids of the rows that may have become a different letter, and must be compared with the letters again.
    """
    of_id = batch.rows.filter(source_ref__in=[ref for ref in refs if ref])
    same_id = list(of_id.values_list("pk", flat=True))
    _recheck_rows(batch, same_id, ONE_LETTER_KINDS, _ONE_LETTER_TWICE)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM letters_importrow AS r WHERE batch_id = %s AND {_MAIL_HASH.format('r')} = ANY(%s)",  # noqa: S608
            [batch.pk, [*mails, *mail_hashes(same_id)]],
        )
        same_mail = [row_id for (row_id,) in cursor.fetchall()]
    _recheck_rows(batch, same_mail, (ProblemKind.SENT_TWICE,), _ONE_MAIL_TWICE)
    return same_id


def mail_hashes(row_ids: Collection[int]) -> list[int]:
    """Return the hashes of the mails that the rows are about; a row without a time is about none."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_MAIL_HASH.format('r')} FROM letters_importrow AS r WHERE id = ANY(%s) AND sent_at IS NOT NULL",  # noqa: S608
            [list(row_ids)],
        )
        return [mail for (mail,) in cursor.fetchall()]


def _recheck_rows(batch: ImportBatch, row_ids: list[int], kinds: Collection[ProblemKind], statement: str) -> None:
    values = _duplicate_values(batch) | {"only": row_ids, "kinds": [kind.value for kind in kinds]}
    with connection.cursor() as cursor:
        for step in (_REMOVE_DUPLICATE_PROBLEMS, _ACCEPT_AGAIN, statement.format(only="id = ANY(%(only)s)")):
            cursor.execute(step, values)
