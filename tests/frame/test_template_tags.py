"""Template filters, icons and chips."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from jinja2 import nodes

from sepo_incident.core.danish import Badge

SPRITE = settings.BASE_DIR / "node_modules" / "dkfds" / "dist" / "img" / "all-svg-icons.svg"


def render(source, **context):
    return engines["pages"].from_string(source).render(context)


def test_filters_are_always_loaded():
    day = dt.date(2020, 1, 15)
    assert render("{{ d|date }} · {{ d|weekday_date_short|capitalized }}", d=day) == (
        "15. januar 2020 · Onsdag den 15. januar"
    )
    assert render('{{ n|count("brev,breve") }} · {{ n|number }}', n=1600) == "1.600 breve · 1.600"
    assert render("{{ d|days_left(today) }}", d=day, today=dt.date(2020, 1, 13)) == "om 2 dage"


def test_unbroken_dates_keep_day_and_time_together():
    sent = dt.datetime(2019, 12, 18, 14, 5)
    assert render("{{ sent|moment|unbroken }}", sent=sent) == (
        "onsdag den 18.\N{NO-BREAK SPACE}december 2019 kl.\N{NO-BREAK SPACE}14.05"
    )
    assert render("{{ sent|moment }}", sent=sent) == "onsdag den 18. december 2019 kl. 14.05", "as the mails have it"


def test_date_with_a_pattern_is_still_djangos_own():
    assert render('{{ d|date("Y-m-d") }}', d=dt.date(2020, 1, 15)) == "2020-01-15"


@pytest.mark.parametrize("name", ["date", "clock", "moment", "number", "weekday_date"])
def test_filters_render_none_as_empty(name):
    assert render(f"[{{{{ value|{name} }}}}]", value=None) == "[]"


def test_a_primary_key_keeps_its_digits():
    assert render("{{ pk }}", pk=12345) == "12345"


def test_chip_escapes_its_label():
    chip = render("{{ badge|chip }}", badge=Badge("<b>Færdig", "is-ok", "check"))
    assert chip.startswith('<span class="chip is-ok"><svg')
    assert "&lt;b&gt;Færdig" in chip
    assert render("{{ badge|chip }}", badge=None) == ""


def test_every_macro_that_a_template_calls_exists():
    """A name that nobody has given is empty, and so is what it returns: a mistyped macro would draw nothing."""
    env = engines["pages"].env
    trees = [env.parse(env.loader.get_source(env, name)[0]) for name in env.list_templates(extensions=["html"])]
    macros = {one.name for tree in trees for one in tree.find_all(nodes.Macro)}
    known = env.globals.keys() | macros | {"caller", "super"}
    given = {one.name for tree in trees for one in tree.find_all(nodes.Name) if one.ctx in ("store", "param")}
    called = {one.node.name for tree in trees for one in tree.find_all(nodes.Call) if isinstance(one.node, nodes.Name)}
    assert called - known - given == {"subject_of"}, "the view of an alarm gives that one"


def test_every_template_compiles_and_its_filters_exist():
    env = engines["pages"].env
    ours = [name for name in env.list_templates(extensions=["html"]) if not name.startswith("django/")]
    assert len(ours) > 200
    for name in ours:
        source = env.loader.get_source(env, name)[0]
        asked = {one.name for one in env.parse(source).find_all(nodes.Filter)}
        assert asked - env.filters.keys() == set(), name
        env.get_template(name)


def test_every_template_icon_is_in_the_sprite():
    known = set(re.findall(r'id="([a-z-]+)"', SPRITE.read_text()))
    asked = {}
    for template in Path(settings.BASE_DIR / "templates").rglob("*.html"):
        source = template.read_text()
        names = re.findall(r'\bicon\("([^"]+)"', source) + re.findall(r'\bchip\([^)]* "([a-z-]+)"\)', source)
        asked |= {name: template.name for name in names if not name.startswith("is-")}
    assert len(asked) > 5
    assert {name: where for name, where in asked.items() if name not in known} == {}
