"""The text in use: the newest version by KIT for the kind and incident, or else the default."""

import pytest
from django.db import InternalError, transaction

from letters.incident_kinds import KINDS as INCIDENT_KINDS
from notifications.kinds.notice_kinds import KINDS, Kind, kind_from_slug, kind_slug
from notifications.models import Notice, NoticeText
from notifications.texts import notice_texts
from notifications.texts.notice_texts import (
    TextSource,
    current_template,
    current_text,
    default_source,
    reset_to_default,
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


def test_kinds_have_url_slugs():
    assert {kind_from_slug(kind_slug(kind)) for kind in KINDS} == set(KINDS)
    assert kind_from_slug("proevemail") is None


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


def test_reset_is_a_new_version(cast):
    save(cast)
    assert reset_to_default(KIND, cast.incident, 1, by=cast.mette).is_reset
    assert current_template(KIND, cast.incident) is default_source(KIND).parse(KIND)
    assert reset_to_default(KIND, cast.incident, 2, by=cast.mette) is None
    assert [text.version for text in NoticeText.objects.versions_of(KIND, cast.incident)] == [2, 1]


@pytest.mark.parametrize("change", [lambda texts: texts.update(body="x"), lambda texts: texts.delete()])
def test_versions_are_append_only(cast, change):
    save(cast)
    with pytest.raises(InternalError, match="Cannot update or delete"), transaction.atomic():
        change(NoticeText.objects.all())


def test_batch_reads_the_text_once(cast, django_assert_max_num_queries):
    save(cast)
    dispatch = request_first_notices(cast.incident)
    with django_assert_max_num_queries(20) as queries:
        write_notices(dispatch)
    assert len([one for one in queries.captured_queries if "noticetext" in one["sql"]]) == 2, "a batch, and the last"
    assert Notice.objects.count() == 3
