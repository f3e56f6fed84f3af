"""The closing certificate: every letter stands in one column, and the sums agree with the lists."""

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError

from followups import services
from followups.models import ClosingCertificate
from followups.reporting.certificate import (
    LETTER_COLUMNS,
    TOTAL,
    CertificateTable,
    fingerprint_of,
    issue_certificate,
    letter_rows,
)
from followups.reporting.letter_figures import letter_conditions
from followups.services import arrivals
from letters.models import ImportBatch, Letter
from tests.factories import at
from tests.followups.arrival_reports import ARRIVED
from tests.followups.decision_answers import NO_DISPATCH, RESENT
from tests.random_incident import fill_incident

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
NOON = at(2020, 1, 13, 12)


def numbers(rows):
    return {name: [int(cell.replace(".", "")) for cell in cells] for name, *cells in rows}


def test_every_letter_of_a_random_incident_is_followed_up_or_misses_one_thing(cast):
    confirm(cast.soon, NO_DISPATCH, cast)
    fill_incident(cast, seed=14, letters=15, acts=80)
    letters = Letter.objects.filter(incident=cast.incident)
    rows = numbers(letter_rows(cast.incident, NOON))
    imported, withdrawn, *cells = rows[TOTAL]
    assert (imported, withdrawn) == (letters.count(), letters.exclude(withdrawn_at=None).count())
    assert sum(bool(some) for some in cells[:5]) >= 3, "or there is nothing to tell apart"
    assert all(row[0] == row[1] + sum(row[2:7]) for row in rows.values())
    conditions = letter_conditions(None, NOON.date(), LETTER_COLUMNS)
    counted = [letters.active().filter(conditions[name]).count() for name in LETTER_COLUMNS]
    assert cells == counted


def confirm(letter, answers, cast, *, arrives=False):
    services.decide(letter, answers, letter.sender, 0)
    if arrives:
        arrivals.record_arrival(letter, ARRIVED, letter.sender, 0)
    services.confirm_letter(letter, letter.leader, 1)


def test_columns_follow_what_became_of_the_letters(cast):
    confirm(cast.plain, RESENT, cast, arrives=True)
    confirm(cast.soon, NO_DISPATCH, cast)
    confirm(cast.untitled, RESENT, cast)  # confirmed, but without proof
    Letter.objects.filter(pk=cast.annes.pk).update(withdrawn_at=NOON)
    letters = Letter.objects.filter(incident=cast.incident).count()
    assert numbers(letter_rows(cast.incident, NOON))[TOTAL] == [letters, 1, 3, letters - 4, 0, 0, 0, 1, 1, 1]


def test_certificate_is_numbered_and_cannot_be_changed(cast):
    first, second = issue_certificate(cast.incident, cast.mette), issue_certificate(cast.incident, cast.mette)
    assert (first.number, second.number) == (1, 2)
    with pytest.raises(InternalError), transaction.atomic():
        ClosingCertificate.objects.filter(pk=first.pk).update(fingerprint="0" * 64)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClosingCertificate.objects.create(
            incident=cast.incident, number=1, content="x", fingerprint="x", by=cast.mette, at=NOON
        )


def test_text_has_the_totals_the_lists_and_further_tables(cast):
    ImportBatch.objects.filter(pk=cast.plain.batch_id).update(status="COMMITTED", committed_at=NOON)
    table = CertificateTable("TILTAG", ("Tiltag", "Ejer"), [("Få besked,\nnår et brev slettes", "Mette Dahl")])
    issued = issue_certificate(cast.incident, cast.mette, [table])
    lines = issued.content.splitlines()
    assert [one for one in ("BREVE", "LISTER", "TILTAG") if one not in lines] == []
    assert f"{cast.plain.batch.filename} | 13. januar 2020 | 7" in lines
    assert lines[-1] == "Få besked, når et brev slettes | Mette Dahl"
    assert issued.fingerprint == fingerprint_of(issued.content.encode())
