"""The words of an edited document beside the words of the version, to tell which numbers are the version's own."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from followups.reporting.note.numbers import MONTHS, SIZES, Token, is_joint, parse_number, readable, tokens
from followups.reporting.note.reader import Paragraph


class Word(NamedTuple):
    """A token of a document. `tag`: of the version's control that it is, "" outside controls."""

    token: Token
    tag: str = ""


def paragraph_words(paragraph: Paragraph, tags: Container[str]) -> Iterator[Word]:
    """Yield the words of a paragraph. A control with a tag of `tags` is one word, whatever people wrote in it.

    So a change inside a control is not a change of the text around it.
    """
    text, said = "", set()
    after_control = False
    for part in paragraph:
        if part.control is None or part.control.tag not in tags:
            text += part.text
            continue
        is_new = id(part.control) not in said
        yield from map(Word, tokens(text, after_control=after_control, before_control=is_new))
        if is_new and after_control and is_joint(text):
            yield Word(Token("", "to tal uden ord imellem", True))
        text, after_control = "", True
        if is_new:
            said.add(id(part.control))
            tag = part.control.tag
            yield Word(Token(f"{{{tag}}}", readable(part.control.text), True), tag)
    yield from map(Word, tokens(text, after_control=after_control))


#: The end of a paragraph.
END = Word(Token("\n", "", False))


def norms_of(words: Iterable[Word]) -> tuple[str, ...]:
    """Return the words as they are compared."""
    return tuple(word.token.norm for word in words)


class Alignment:
    """Words of an edited document beside the words of the version, where any control may stand for any other."""

    def __init__(self, edited: list[Word], own: list[Word]):
        self.edited, self.own = edited, own
        matcher = SequenceMatcher(None, _without_tags(own), _without_tags(edited), autojunk=False)
        #: place in the edited document: place in the version
        self.pairs = {block.b + at: block.a + at for block in matcher.get_matching_blocks() for at in range(block.size)}
        self._pair_bare_figures()

    def _pair_bare_figures(self) -> None:
        """Pair a number with the figure of the version that it stands for: its control was removed, the text kept.

        The words before and after the number tell its place. One of them is enough.
        """
        free = set(range(len(self.own))) - set(self.pairs.values())
        for at, word in enumerate(self.edited):
            if at in self.pairs or not word.token.is_number:
                continue
            value = parse_number(word.token.text)
            same = [
                one
                for one in self._places_of(at)
                if one in free and self.own[one].tag and parse_number(self.own[one].token.text) == value
            ]
            if same:
                self.pairs[at] = same[0]
                free.discard(same[0])

    def _places_of(self, at: int) -> Iterator[int]:
        """Yield the places in the version after the word before `at`, and before the word after `at`."""
        if at == 0:
            yield 0
        if at - 1 in self.pairs:
            yield self.pairs[at - 1] + 1
        if at + 1 in self.pairs:
            yield self.pairs[at + 1] - 1

    def typed_numbers(self) -> Iterator[tuple[str, str]]:
        """Yield (number, words around it) of what is not the version's own. A date typed whole is told by its day."""
        typed = [
            at for at, word in enumerate(self.edited) if word.token.is_number and not word.tag and at not in self.pairs
        ]
        for at in typed:
            if self.edited[at].token.norm in MONTHS | SIZES and at - 1 in typed:
                continue
            beside = self.edited[max(0, at - 3) : at + 4]
            yield self.edited[at].token.text, " ".join(one.token.text for one in beside if one is not END)

    def misplaced(self) -> Iterator[tuple[str, str]]:
        """Yield (tag, text of the control in its place), where the words on both sides are the version's own."""
        for at, place in self.pairs.items():
            was, now = self.own[place], self.edited[at]
            if was.tag != now.tag and self._is_same_place(at, -1) and self._is_same_place(at, 1):
                yield was.tag, now.token.text

    def _is_same_place(self, at: int, step: int) -> bool:
        """Tell whether the next three words, or those up to the end of the paragraph, are aligned without a gap."""
        for distance in range(step, 4 * step, step):
            here, there = at + distance, self.pairs[at] + distance
            if _ends(self.edited, here) and _ends(self.own, there):
                return True
            if self.pairs.get(here) != there:
                return False
        return True


def _without_tags(words: list[Word]) -> list[str]:
    return ["{}" if word.tag else word.token.norm for word in words]


def _ends(words: list[Word], at: int) -> bool:
    return at < 0 or words[at] is END
