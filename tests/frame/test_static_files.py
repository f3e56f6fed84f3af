"""Static files as production collects them: hashed, compressed, every reference resolved."""

import json
import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

LEFT_OUT = ["scss", "split", "*Thin*", "*ExtraLight*"]


@pytest.fixture(scope="module")
def static_root(tmp_path_factory):
    root = tmp_path_factory.mktemp("static")
    hashed = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    with override_settings(STATIC_ROOT=root, STORAGES={**settings.STORAGES, "staticfiles": hashed}):
        call_command("collectstatic", interactive=False, ignore_patterns=LEFT_OUT, verbosity=0)
    return root


def test_other_sites_may_not_read_static_files(client):
    answer = client.get("/static/site.css")
    assert (answer.status_code, "Access-Control-Allow-Origin" in answer) == (200, False)


def test_hashed_css_imports_the_hashed_design_system_and_fonts(static_root):
    paths = json.loads((static_root / "staticfiles.json").read_text())["paths"]
    ours = (static_root / paths["site.css"]).read_text()
    assert f'@import url("{paths["dkfds/css/dkfds.min.css"]}") layer(dkfds);' in ours
    design = (static_root / paths["dkfds/css/dkfds.min.css"]).read_text()
    fonts = re.findall(r"url\(\"?\.\./(fonts/[^)?#\"]+\.woff2)", design)
    assert fonts
    for font in fonts:
        assert (static_root / "dkfds" / font).exists(), font
    assert (static_root / f"{paths['site.css']}.gz").exists()
