"""The history of a letter, newest first."""

from followups.letter import history


def test_new_letter_has_two_events(cast):
    assert [event.text for event in history.letter_events(cast.passed, cast.karen)] == [
        "Koncern IT indlæste brevet fra listen (række 212).",
        "Du sendte brevet. Det kom aldrig frem.",
    ]
    assert (
        history.letter_events(cast.passed, cast.jens)[-1].text
        == "Karen Bülow Møller sendte brevet. Det kom aldrig frem."
    )
