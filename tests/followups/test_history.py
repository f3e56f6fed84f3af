"""The history of a letter, newest first."""

from followups.letter import history
from letters.models import Letter


def visible_letter(letter, reader) -> Letter:
    return Letter.objects.visible_to(reader).get(pk=letter.pk)


def test_new_letter_has_two_events(cast):
    assert [event.text for event in history.letter_events(visible_letter(cast.passed, cast.karen), cast.karen)] == [
        "Koncern IT indlæste brevet fra listen (række 212).",
        "Du sendte brevet. Det kom aldrig frem.",
    ]
    assert (
        history.letter_events(visible_letter(cast.passed, cast.jens), cast.jens)[-1].text
        == "Karen Bülow Møller sendte brevet. Det kom aldrig frem."
    )
