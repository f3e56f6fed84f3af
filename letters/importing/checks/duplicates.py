"""A message trace: one mail to three people is three rows under one Message-ID, and three letters.

Rows that say the same: one letter twice is rejected, one mail under two Brev-ids is remarked on. Nothing is dropped.

Judged in SQL over the accepted rows of a batch; the first of a group is the one that stands. Groups are found by
hashing, for sorting a long list by its texts costs as much as staging it.
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

#: So much of the recipient's keyed hash tells those of one mail apart.
KEY_DIGITS = 8

_MAX_MESSAGE_ID = 120 - KEY_DIGITS - 1  # of ``ImportRow.source_ref``
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
"""  # noqa: S608 - nothing in it comes from outside


def is_message_trace(batch: ImportBatch) -> bool:
    return is_message_id_header(batch.header_of("source_ref"))


def separate_recipients(batch: ImportBatch, only: int | None = None) -> int:
    """Give each letter an id of its own, the same in every trace, whoever else that one names. How many mails are to
    several.

    A letter that came in under the id of its mail alone, from another kind of list, keeps that. ``only``: one row (id).
    """
    with connection.cursor() as cursor:
        cursor.execute(_SEPARATE_RECIPIENTS, {"batch": batch.pk, "incident": batch.incident_id, "only": only})
        mails: int = cursor.fetchone()[0]
        return mails


def original_message_id(source_ref: str, recipient_key: str) -> str:
    """The id as the trace has it, without the end that tells the recipient."""
    return source_ref.removesuffix(f"/{recipient_key[:KEY_DIGITS]}") if recipient_key else source_ref


ONE_LETTER_KINDS = (ProblemKind.SAME_ROW, ProblemKind.SAME_ID)
DUPLICATE_KINDS = (*ONE_LETTER_KINDS, ProblemKind.SENT_TWICE)
_COMPARED_FIELDS = (
    "sent_at", "sender_name", "sender_email", "leader_name", "leader_email", *UnitPath._fields, "recipient_kind",
    "recipient_key", "subject",
)  # fmt: skip
#: «række 14», or «Ark2, række 14» where several sheets were read; the words of ``ImportBatch.where``
_FIRST_AT = """coalesce((%(sheets)s::text[])[first.sheet + 1] || ', ', '') || 'række '
    || replace(to_char(first.row, 'FM9,999,999'), ',', '.')"""
_IS_SAME = " AND ".join(f"r.{name} IS NOT DISTINCT FROM first.{name}" for name in _COMPARED_FIELDS)
#: The rows that stand, one of each group. They are few or none, so they are found before any row is held against them;
#: the planner takes them for many, and joins a million rows with themselves first.
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
"""  # noqa: S608 - nothing in it comes from outside
#: One sender, recipient, subject and minute. Without a sender or a recipient nobody can tell. Grouped by a number made
#: of them, for that is faster than by the texts; the texts then decide.
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
    """Give every row of a list that was just staged what is to be said of its likes."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off; SET LOCAL work_mem = '24MB'; SET LOCAL hash_mem_multiplier = 1")
        for statement in (_ONE_LETTER_TWICE, _ONE_MAIL_TWICE):
            cursor.execute(statement.format(only="true"), _duplicate_values(batch))


#: Takes back what was said of some rows' likes; a row that nothing else speaks against is accepted again.
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
    """Judge again all rows with one of these Brev-ids, or about one of these mails, after one of them was corrected.

    The result is the rows (ids) that may have become another letter, and are to be held against the letters anew.
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
    """The numbers of the mails that some rows are about; a row without a time is about none."""
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
