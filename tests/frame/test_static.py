"""Static files as a server in production collects them: hashed, compressed, every reference resolved."""

import json
import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

LEFT_OUT = ["scss", "split", "*Thin*", "*ExtraLight*"]


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    root = tmp_path_factory.mktemp("static")
    hashed = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    with override_settings(STATIC_ROOT=root, STORAGES={**settings.STORAGES, "staticfiles": hashed}):
        call_command("collectstatic", interactive=False, ignore_patterns=LEFT_OUT, verbosity=0)
    return root


def test_the_hashed_style_leads_to_the_hashed_design_system_and_its_fonts(collected):
    paths = json.loads((collected / "staticfiles.json").read_text())["paths"]
    ours = (collected / paths["site.css"]).read_text()
    assert f'@import url("{paths["dkfds/css/dkfds.min.css"]}") layer(dkfds);' in ours
    design = (collected / paths["dkfds/css/dkfds.min.css"]).read_text()
    fonts = re.findall(r"url\(\"?\.\./(fonts/[^)?#\"]+\.woff2)", design)
    assert fonts
    for font in fonts:
        assert (collected / "dkfds" / font).exists(), font
    assert (collected / f"{paths['site.css']}.gz").exists()


def test_the_plain_names_stay_for_the_page_that_shows_when_all_else_fails(collected):
    for name in ("site.css", "site.js", "favicon.svg", "dkfds/css/dkfds.min.css", "django_htmx/htmx-2.min.js"):
        assert (collected / name).exists(), name


def test_what_no_page_uses_is_left_out(collected):
    assert not (collected / "dkfds" / "scss").exists()
    assert not list(collected.rglob("*Thin*"))
