"""The history is looked through by the clock: what is new every hour, all of it every night, whatever the database says
of earlier checks. The head that was found is written down, in the database and in the security log, which is kept
elsewhere.
"""

from datetime import datetime, time

from django.db import connection
from django.db.models.functions import Now

from sepo_incident import logs
from sepo_incident.danish import here
from sepo_incident.ledgers import files, installed
from sepo_incident.ledgers.models import Check, Statement
from sepo_incident.ledgers.verifying import Broken, Chain, verify

#: from then on all is looked through by the hour that comes next, where the night has not done it
NIGHT = time(4)


def check(whole: bool = True, head: str | None = None) -> Chain:
    """Raises ``Broken`` with all that is not as it was written, or not as the code says, a sentence a line.

    Not ``whole``: only the links since the last check and no files, and within a transaction of the caller only what
    has a link.
    """
    wrong = installed.differences()
    all_linked = whole or not connection.in_atomic_block
    try:
        chain = verify(head, None if whole else Check.objects.order_by("pk").last(), all_linked=all_linked)
    except Broken as broken:
        wrong.insert(0, str(broken))
    if whole:
        wrong += files.differences()
    if wrong:
        raise Broken("\n".join(wrong))
    if chain.head:
        Check.objects.create(number=chain.links, hash=bytes.fromhex(chain.head), rows=chain.rows, is_whole=whole)
    return chain


def looked_at() -> datetime | None:
    """When the history was last found whole; before the first time when it began, and None where it has not."""
    if last := Check.objects.filter(at__lte=Now()).order_by("pk").last():
        return last.at
    return Statement.objects.filter(link__number=1).values_list("at", flat=True).first()


def check_by_the_clock(now: datetime, whole: bool = False) -> Chain:
    """As ``check``, and a line in the security log. Not ``whole``: all the same where no night has looked at all."""
    try:
        chain = check(whole=whole or is_due(now))
    except Broken as broken:
        logs.note("history_broken", None, found=len(str(broken).splitlines()))
        raise
    logs.note("history_checked", None, links=chain.links, rows=chain.rows, head=chain.head)
    return chain


def is_due(now: datetime) -> bool:
    """Is all to be looked through tonight, and has not been yet? For whoever asks the database, which may be wrong."""
    begins = here(now).replace(hour=NIGHT.hour, minute=0, second=0, microsecond=0)
    return now >= begins and not Check.objects.filter(is_whole=True, at__range=(begins, Now())).exists()
