"""The closing certificate: every letter stands in one column, and the sums agree with the lists."""

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import InternalError

from followups import services
from followups.models import ClosingCertificate
from followups.reporting.certificate import (
    LETTERS_HEADER,
    TOTAL,
    CertificateTable,
    fingerprint_of,
    issue_certificate,
    letter_rows,
    outcome_conditions,
)
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


def test_every_letter_of_a_random_incident_has_one_outcome(cast):
    confirm(cast.soon, NO_DISPATCH, cast)
    fill_incident(cast, seed=14, letters=15, acts=80)
    letters = Letter.objects.filter(incident=cast.incident)
    conditions = outcome_conditions(NOON)
    found = {
        outcome: set(letters.filter(condition).values_list("pk", flat=True))
        for outcome, condition in conditions.items()
    }
    assert sum(map(len, found.values())) == letters.count() == len(set.union(*found.values()))
    assert sum(bool(some) for some in found.values()) >= 3, "or there is nothing to tell apart"
    rows = numbers(letter_rows(cast.incident, NOON))
    assert rows[TOTAL] == [letters.count(), *(len(some) for some in found.values())]
    assert all(cells[0] == sum(cells[1:]) for cells in rows.values())


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
    assert numbers(letter_rows(cast.incident, NOON))[TOTAL] == [letters, 1, 0, 1, 1, letters - 3]


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


def test_header_has_a_column_for_each_outcome():
    assert len(LETTERS_HEADER) == 2 + len(outcome_conditions(NOON))
