"""Duplicates in a batch: a letter listed twice is rejected, a mail under two Brev-ids gets a remark.

`files/uploads.py` recognizes a whole file that was uploaded before.

No row is dropped. Also gives the recipients of a message trace separate Brev-ids: there, a mail to three people is
three rows under the same Message-ID, and three letters. The rules are SQL over the accepted rows of a batch, and the
first row of a group stands. Groups are found by hashing, because sorting a long list by text costs as much as staging
the list.
"""

import json
from collections.abc import Collection

from django.db import transaction

from letters.importing.files.headers import LABELS, is_message_id_header
from letters.importing.rows.row_problems import NOTICE, REJECT, ProblemKind
from letters.models import ImportBatch
from sepo_incident.core import database
from sepo_incident.core.sql_files import read_sql

#: So many digits of the keyed hash tell the recipients of a mail apart.
KEY_DIGITS = 8

_MAX_MESSAGE_ID = 120 - KEY_DIGITS - 1  # leaves room for the key in `ImportRow.source_ref`
_SEPARATE_RECIPIENTS_SQL = read_sql(__file__, "separate_recipients.sql")


def is_message_trace(batch: ImportBatch) -> bool:
    """Return whether the Brev-ids of the list are message ids."""
    return is_message_id_header(batch.header_of("source_ref"))


def separate_recipients(batch: ImportBatch, only: int | None = None) -> int:
    """Give every letter a separate Brev-id, the same in every trace. Return the number of mails to several recipients.

    A letter that was imported under the id of the mail alone, from a different kind of list, keeps that id. `only`:
    id of a single row.
    """
    values = {"batch": batch.pk, "incident": batch.incident_id, "only": only}
    values |= {"max_id": _MAX_MESSAGE_ID, "key_digits": KEY_DIGITS}
    [(mails,)] = database.fetch_all(_SEPARATE_RECIPIENTS_SQL, values)
    return int(mails)


ONE_LETTER_KINDS = (ProblemKind.SAME_ROW, ProblemKind.SAME_ID)
DUPLICATE_KINDS = (*ONE_LETTER_KINDS, ProblemKind.SENT_TWICE)
_REJECT_REPEATED_LETTERS_SQL = read_sql(__file__, "reject_repeated_letters.sql")
_REMARK_REPEATED_MAILS_SQL = read_sql(__file__, "remark_repeated_mails.sql")
_REMOVE_PROBLEMS_SQL = read_sql(__file__, "remove_problems.sql")
#: A row with no other reason for rejection is accepted again.
_ACCEPT_AGAIN_SQL = """
    UPDATE letters_importrow SET verdict = 'NEW'
    WHERE id = ANY(%(only)s) AND verdict = 'REJECTED' AND NOT problems @> '[{"severity": "reject"}]'
"""


@transaction.atomic
def mark_duplicates(batch: ImportBatch) -> None:
    """Add the problems about duplicates to the rows of a newly staged list."""
    database.execute("SET LOCAL enable_sort = off; SET LOCAL work_mem = '24MB'; SET LOCAL hash_mem_multiplier = 1")
    _add_problems(_REJECT_REPEATED_LETTERS_SQL, batch, REJECT)
    _add_problems(_REMARK_REPEATED_MAILS_SQL, batch, NOTICE)


def _add_problems(statement: str, batch: ImportBatch, severity: str, only: list[int] | None = None) -> None:
    values = {
        "batch": batch.pk,
        "sheets": batch.sheet_names,
        "only": only,
        "problem": json.dumps({"column": LABELS["source_ref"], "severity": severity}),
        **{kind.name.lower(): kind.value for kind in DUPLICATE_KINDS},
    }
    database.execute(statement, values)


@transaction.atomic
def recheck_duplicates(batch: ImportBatch, refs: Collection[str]) -> list[int]:
    """Check duplicates again after a correction: rows with a Brev-id in `refs`, and all mails of the list.

    Return the ids of the rows that may have become a different letter, and must be compared with the letters again.
    """
    of_id = batch.rows.filter(source_ref__in=[ref for ref in refs if ref])
    same_id = list(of_id.values_list("pk", flat=True))
    _remove_duplicate_problems(same_id, ONE_LETTER_KINDS)
    _add_problems(_REJECT_REPEATED_LETTERS_SQL, batch, REJECT, same_id)
    twice = batch.rows.filter(problems__contains=[{"kind": ProblemKind.SENT_TWICE.value}])
    _remove_duplicate_problems(list(twice.values_list("pk", flat=True)), (ProblemKind.SENT_TWICE,))
    _add_problems(_REMARK_REPEATED_MAILS_SQL, batch, NOTICE)
    return same_id


def _remove_duplicate_problems(row_ids: list[int], kinds: Collection[ProblemKind]) -> None:
    for statement in (_REMOVE_PROBLEMS_SQL, _ACCEPT_AGAIN_SQL):
        database.execute(statement, {"only": row_ids, "kinds": [kind.value for kind in kinds]})
