"""A text that is being written waits in the session for the frame that shows it: the last few, by what they say."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from notifications.editing.forms import TextForm

KEY = "texts"
#: tabs that are open at once
KEPT = 4


def keep(session: SessionBase, form: TextForm) -> str:
    """The name under which ``taken_up`` finds it."""
    typed = {name: form.value(name) for name in ("version", "til", "subject", "body")}
    name = hashlib.sha256(repr((form.kind, typed)).encode()).hexdigest()[:16]
    others = {one: said for one, said in session.get(KEY, {}).items() if one != name}
    session[KEY] = dict(list(others.items())[1 - KEPT :]) | {name: typed}
    return name


def taken_up(session: SessionBase, name: str) -> dict[str, Any] | None:
    """As the form's ``initial``; None when it is too long ago."""
    kept: dict[str, Any] | None = session.get(KEY, {}).get(name)
    return kept
