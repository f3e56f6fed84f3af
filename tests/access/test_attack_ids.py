"""Each address with the number of somebody else's object, of another unit and of another incident: no page tells a
subject, and no button changes a follow-up, that the person does not see.
"""

from itertools import count

import pytest
from django.apps import apps
from django.urls import reverse

from followups.models import FollowUp
from letters.models import Letter
from tests.access.access_checks import revealed_words
from tests.access.access_rules import EVERYBODY, RULES
from tests.access.attack_checks import describe_crash
from tests.access.attacker import Attacker, some, undone
from tests.second_incident import build_second_incident

#: the version of an object that nobody has changed
VERSION = [("version", "0")]
APPS = ("accounts", "letters", "followups", "notifications")


@pytest.fixture
def stage(handed_over_case):
    """The stage with a second incident, and with `hidden`: person → letters that the person does not see."""
    build_second_incident(handed_over_case)
    seen = {name: Letter.objects.visible_to(getattr(handed_over_case, name)) for name in EVERYBODY}
    handed_over_case.hidden = {name: list(Letter.objects.exclude(pk__in=theirs)) for name, theirs in seen.items()}
    for name, theirs in seen.items():
        unread = Letter.objects.exclude(pk__in=theirs.readable()).exclude(subject="")
        handed_over_case.secrets.setdefault(name, set())
        handed_over_case.secrets[name] = handed_over_case.secrets[name] | {one.subject for one in unread}
        handed_over_case.secrets[name] |= {one.source_ref for one in handed_over_case.hidden[name]}
    return handed_over_case


def all_ids() -> list[int]:
    """Return the numbers of all objects, of whatever kind."""
    models = [model for app in APPS for model in apps.get_app_config(app).get_models() if model._meta.managed]
    return sorted({pk for model in models for pk in model.objects.values_list("pk", flat=True) if isinstance(pk, int)})


def test_no_number_in_an_address_opens_what_a_person_does_not_see(stage):
    ids, turns = all_ids(), count()
    assert len(ids) > 20
    for name, access in some(RULES, 40, 0):
        with undone():
            args = access.args(stage)
            for at, own in enumerate(args):
                if not isinstance(own, int):
                    continue
                turn = next(turns)
                for person in some(sorted(EVERYBODY - {"mette"}), 1, turn):
                    attacker = Attacker(stage.sessions[person])
                    before = _states(stage.hidden[person])
                    is_letter = at == 0 and reverse(name, args=args).startswith("/brev/")
                    letters = [letter.pk for letter in stage.hidden[person]]
                    for other in some(letters if is_letter else ids, 2, turn):
                        path = reverse(name, args=[*args[:at], other, *args[at + 1 :]])
                        with undone():
                            answer = attacker.send("GET", path) if access.sees else attacker.post(path, VERSION)
                            assert describe_crash(attacker, answer) == "", (person, path)
                            assert answer.status_code == 404 or not is_letter, (person, path)
                            assert revealed_words(answer, stage.secrets[person]) == [], (person, path)
                            assert _states(stage.hidden[person]) == before, (person, path)


def _states(letters: list[Letter]) -> list[tuple[object, ...]]:
    return list(FollowUp.objects.filter(letter__in=letters).order_by("pk").values_list("pk", "status", "version"))
