"""The benchmarks are no part of `make test`. Here, every name that they take from the product and each other exists.

Running the smallest case of each takes minutes, because each starts engines of its own.
"""

import ast
import importlib
import re

import pytest

from sepo_incident.core.sql_files import PROJECT

OURS = ("sepo_incident", "letters", "followups", "notifications", "tests")
FOLDER = PROJECT / "benchmarks"
SCRIPTS = sorted(path.name for path in FOLDER.glob("*.py"))


def names_defined_in(script):
    tree = ast.parse((FOLDER / script).read_text())
    names = [one.name for one in tree.body if hasattr(one, "name")]
    return {*names, *(one.id for one in ast.walk(tree) if isinstance(one, ast.Name))}


def find_missing_names(source):
    """Return «module.name» of each import, and of each attribute of an imported module, that does not exist."""
    tree, modules, missing = ast.parse(source), {}, []
    for one in ast.walk(tree):
        if not isinstance(one, ast.ImportFrom):
            continue
        for alias in one.names:
            if f"{one.module}.py" in SCRIPTS:
                if alias.name not in names_defined_in(f"{one.module}.py"):
                    missing.append(f"{one.module}.{alias.name}")
            elif one.module.split(".")[0] in OURS:
                try:
                    found = getattr(importlib.import_module(one.module), alias.name, None)
                    found = found or importlib.import_module(f"{one.module}.{alias.name}")
                except ImportError:
                    missing.append(f"{one.module}.{alias.name}")
                else:
                    modules[alias.asname or alias.name] = found
    attributes = (one for one in ast.walk(tree) if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name))
    names = {(one.value.id, one.attr) for one in attributes}
    missing += [f"{name}.{attr}" for name, attr in names if name in modules and not hasattr(modules[name], attr)]
    return missing


@pytest.mark.parametrize("script", SCRIPTS)
def test_benchmark_takes_names_that_exist(script):
    assert find_missing_names((FOLDER / script).read_text()) == []


def test_a_missing_name_is_found():
    text = "from faulty_smtp_server import HostileSink, running\nfrom letters import models\nmodels.Parcel"
    assert find_missing_names(text) == ["faulty_smtp_server.running", "models.Parcel"]


def test_each_script_of_the_makefile_exists():
    named = set(re.findall(r"benchmarks/(\w+\.py)", (PROJECT / "Makefile").read_text()))
    assert named <= set(SCRIPTS)
    assert len(named) == 8
