"""The guide of each role: opened from the role's page, one page long, with links that its reader may follow."""

import re

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
#: page of a role -> who opens it, and the page that links to it
GUIDES = {
    "kit_guide": ("mette", "incident"),
    "dit_guide": ("pia", "escalations"),
    "coordinator_guide": ("birgitte", "board"),
    "secretariat_guide": ("sofie", "notes"),
}


@pytest.mark.parametrize("name", GUIDES)
def test_guide_of_a_role_is_opened_from_its_page_and_leads_where_its_reader_may_go(cast, as_user, name):
    who, page = GUIDES[name]
    reader = as_user(getattr(cast, who))
    args = [cast.buf.pk] if page == "board" else []
    assert reverse(name) in reader.get(reverse(page, args=args)).text
    article = reader.get(reverse(name)).text.partition("<article")[2].partition("</article>")[0]
    for link in re.findall(r'href="([^"#]+)', article):
        assert reader.get(link).status_code in (200, 302), link
    assert len(re.sub("<[^>]+>", " ", article).split()) < 250, "one page"
