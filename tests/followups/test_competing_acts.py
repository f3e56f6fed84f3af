"""Two people act on the same version of a letter: the first act changes the version, and the second act is refused."""

import pytest
from django.db import transaction

from followups import services
from letters.models import Letter
from sepo_incident.core.database import Conflict
from tests.followups.competing_acts import ACTS, STARTS, followup_values
from tests.followups.decision_answers import decision_kinds, followup_of

pytestmark = pytest.mark.usefixtures("monday")


@pytest.mark.parametrize("start", STARTS)
def test_second_act_on_a_seen_version_is_refused(cast, start):
    """Each act competes, as first and as second, with one that leaves the status as it is, so that only the version
    refuses.
    """
    until, possible = STARTS[start]
    letter = cast.plain
    for act, who in until:
        act(letter, getattr(cast, who), followup_of(letter).version)
    seen, before = followup_of(letter).version, decision_kinds(letter)
    assert {kind for kind, who, act in ACTS.values() if is_possible(act, letter, getattr(cast, who), seen)} == possible
    acts = [name for name, (kind, _, _) in ACTS.items() if kind in possible]
    [neutral, *_] = [name for name in ("set the date", "correct") if name in acts]
    for pair in [pair for name in acts for pair in ((neutral, name), (name, neutral))]:
        with transaction.atomic():
            (_, winner, wins), (_, loser, loses) = (ACTS[name] for name in pair)
            wins(letter, getattr(cast, winner), seen)
            after, since = followup_values(letter), decision_kinds(letter)[len(before) :]
            with pytest.raises((Conflict, services.NotPossible), match=r"\w") as told:
                loses(letter, getattr(cast, loser), seen)
            if isinstance(told.value, Conflict):
                assert told.value.current.version == after["version"]
            else:
                assert "with others" in pair[1], f"{pair}: the one act says what changed"
            assert followup_values(letter) == after, pair
            assert decision_kinds(letter) == before + since, pair
            assert ACTS[pair[0]][0] in since, pair
            transaction.set_rollback(True)


def is_possible(act, letter, by, seen) -> bool:
    """Return whether the act is possible. The act is rolled back."""
    with transaction.atomic():
        try:
            act(Letter.objects.get(pk=letter.pk), by, seen)
        except services.NotPossible:
            return False
        finally:
            transaction.set_rollback(True)
    return True
