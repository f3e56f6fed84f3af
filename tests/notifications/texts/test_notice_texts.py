"""The text in use: the newest version by KIT for the kind and incident, or else the default."""

import pytest
from django.db import InternalError, transaction

from letters.incident_kinds import KINDS as INCIDENT_KINDS
from notifications.kinds.notice_kinds import KINDS, Kind
from notifications.models import NoticeText
from notifications.texts import notice_texts
from notifications.texts.notice_texts import (
    TextSource,
    current_template,
    current_text,
    default_source,
)
from notifications.texts.text_form import missing_elements
from notifications.texts.text_preview import extreme_drafts
from sepo_incident.core.database import Conflict
from tests.factories import IncidentFactory
from tests.notices import request_first_notices, write_notices

KIND = Kind.FIRST_NOTICE
OURS = TextSource("{Tal} breve", "Kære {navn}\n\n{breve}\n\nSenest {frist}.")


def save(cast, source=OURS, seen=0):
    return notice_texts.save_new_version(KIND, cast.incident, source, seen, by=cast.mette)


@pytest.mark.parametrize("rules", INCIDENT_KINDS.values(), ids=INCIDENT_KINDS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_default_text_is_complete_and_short_enough(kind, rules, db):
    wording = default_source(kind, rules).parse(kind)
    assert (wording.subject.problems, wording.body.problems) == ([], [])
    assert [element.name for element in missing_elements(kind, wording, rules)] == []
    for draft in extreme_drafts(IncidentFactory.build()):
        assert 0 < len(wording.mail(draft, draft.is_one).subject) < 120


def test_newest_version_applies(cast):
    assert current_text(KIND, cast.incident) is None
    assert save(cast).version == 1
    assert save(cast, OURS._replace(subject="Nyt emne"), seen=1).version == 2
    dispatch = write_notices(request_first_notices(cast.incident))
    notice = dispatch.notices.get(receiver=cast.karen)
    assert notice.subject == "Nyt emne"
    assert notice.text.startswith("Kære Karen Bülow Møller\n\n- ")
    save(cast, seen=2)
    notice.refresh_from_db()
    assert notice.subject == "Nyt emne", "what is written stays as it is"


def test_texts_belong_to_one_incident(cast):
    save(cast)
    other = IncidentFactory(slug="en-anden")
    assert current_text(KIND, other) is None
    assert current_template(KIND, other) is default_source(KIND).parse(KIND)


def test_unseen_version_is_not_overwritten(cast):
    save(cast)
    with pytest.raises(Conflict):
        save(cast, OURS._replace(subject="Mit emne"), seen=0)
    assert save(cast, seen=0) is None, "the same words twice are no conflict"
    assert NoticeText.objects.count() == 1


@pytest.mark.parametrize("change", [lambda texts: texts.update(body="x"), lambda texts: texts.delete()])
def test_versions_are_append_only(cast, change):
    save(cast)
    with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
        change(NoticeText.objects.all())
