"""Whether a run of a Word document is shown: neither hidden, struck out, tiny, nor in the color of its background.

Properties stand at the run, or in the styles of the run, its paragraph and its table, with what they are based on.
Table styles by row or column, text effects and layout are not read (docs/decisions/0044).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping

from lxml import etree

from followups.reporting.note.package import W

_OFF = ("0", "false", "off")
_TOGGLES = ("vanish", "strike", "dstrike")
#: half points; smaller text is no text to read
_SMALLEST = 8
#: difference of a color channel, of 255, that an eye sees
_LEAST_CONTRAST = 32
_WHITE = "FFFFFF"

type Look = Mapping[str, str]


class Styles:
    """The looks of the styles of a document, each with what it is based on."""

    def __init__(self, root: etree._Element):
        self._styles = {one.get(f"{W}styleId", ""): one for one in root.iter(f"{W}style")}
        is_default = f"{W}default"
        self._default = next(
            (key for key, one in self._styles.items() if one.get(is_default) and one.get(f"{W}type") == "paragraph"), ""
        )
        self._basis = _look(root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr"))
        self._looks: dict[str, Look] = {"": {}}
        #: of paragraphs, cells, rows and tables, each read once: it may hold thousands of runs
        self._around: dict[etree._Element, Look] = {}

    def is_shown(self, run: etree._Element) -> bool:
        """Return whether people can read the text of the run."""
        row, paragraph, cell, table = (self._look_around(run, name) for name in ("tr", "p", "tc", "tbl"))
        own = _look(run.find(f"{W}rPr")), self._look_of(_value(run, "rPr", "rStyle"))
        look = ChainMap(*map(dict, (row, *own, paragraph, cell, table, self._basis)))
        if any(look.get(name, "0") not in _OFF for name in _TOGGLES):
            return False
        size = look.get("sz", "")
        return not (size.isdecimal() and int(size) < _SMALLEST) and _differ(look.get("color"), look.get("shd", _WHITE))

    def _look_around(self, run: etree._Element, name: str) -> Look:
        """Return the look of the paragraph, cell, row or table around the run."""
        element = next(run.iterancestors(f"{W}{name}"), None)
        if element is None:
            return {}
        if element not in self._around:
            if name == "tr":
                look: Look = {"vanish": "true"} if _is_on(element.find(f"{W}trPr/{W}hidden")) else {}
            elif name == "tbl":
                look = self._look_of(_value(element, "tblPr", "tblStyle"))
            elif name == "tc":
                look = _background(element, "tcPr")
            else:
                style = _value(element, "pPr", "pStyle") or self._default
                look = {**self._look_of(style), **_background(element, "pPr")}
            self._around[element] = look
        return self._around[element]

    def _look_of(self, key: str) -> Look:
        if key not in self._looks:
            self._looks[key] = {}  # a style that is based on itself ends here
            style = self._styles.get(key)
            if style is not None:
                parent = style.find(f"{W}basedOn")
                based_on = self._look_of(parent.get(f"{W}val", "")) if parent is not None else {}
                self._looks[key] = {**based_on, **_background(style, "pPr"), **_look(style.find(f"{W}rPr"))}
        return self._looks[key]


def _look(properties: etree._Element | None) -> Look:
    """Return {name: value} of the properties that decide whether a run is shown."""
    found = {}
    for name in (*_TOGGLES, "sz", "color"):
        one = None if properties is None else properties.find(f"{W}{name}")
        if one is not None:
            found[name] = one.get(f"{W}val", "true")
    return {**found, **_shade(properties)}


def _background(element: etree._Element, properties: str) -> Look:
    return _shade(element.find(f"{W}{properties}"))


def _shade(properties: etree._Element | None) -> Look:
    shade = None if properties is None else properties.find(f"{W}shd")
    fill = "auto" if shade is None else shade.get(f"{W}fill", "auto")
    return {} if fill == "auto" else {"shd": fill}


def _value(element: etree._Element, properties: str, name: str) -> str:
    one = element.find(f"{W}{properties}/{W}{name}")
    return "" if one is None else one.get(f"{W}val", "")


def _is_on(element: etree._Element | None) -> bool:
    return element is not None and element.get(f"{W}val", "true") not in _OFF


def _differ(color: str | None, background: str) -> bool:
    """Return whether an eye tells the two colors apart. Word picks a color that it does where none is given."""
    try:
        return any(
            abs(one - other) >= _LEAST_CONTRAST
            for one, other in zip(bytes.fromhex(color or ""), bytes.fromhex(background), strict=True)
        )
    except ValueError:  # «auto», or no color
        return True
