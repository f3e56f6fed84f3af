"""The people of the mock-ups: findable by name in every sample of at least 200 letters."""

from typing import NamedTuple

from letters.samples.organisation import BUF, SOF


class Role(NamedTuple):
    """Somebody who sent ``letters`` letters (of 3.400) from ``unit``, mostly about ``topic``."""

    name: str
    leader: str
    administration: str
    unit: str
    letters: int
    topic: str


#: The one with fourteen letters of her own (subjects.FOURTEEN), whatever the size of the list.
FOURTEEN_LETTERS = Role("Karen Bülow Møller", "Jens Ågård", BUF, "Svalevejens Skole", 14, "")

HEAVY_SENDERS = [
    Role("Per Dam", "Vibeke Holm", BUF, "Vejledningen Nørrebro", 38, "guidance"),
    Role("Inger Sø", "Vibeke Holm", BUF, "Vejledningen Nørrebro", 31, "guidance"),
    Role("Rikke Bang", "Torben Ager", BUF, "Lærkeparkens Skole", 22, "rest"),
    Role("Anne Holm", "Torben Ager", BUF, "Lærkeparkens Skole", 3, "rest"),
    Role("Yusuf Demir", "Else Brandt", BUF, "Tandklinik Østerled", 16, "dental"),
    Role("Søren Kjær", "Birgitte Lund", BUF, "Tandklinik Nordhjørnet", 11, "dental"),
    Role("Bo Lykke", "Åse Winther", BUF, "Dagplejen Nord", 11, "daycare"),
    Role("Hanne Ravn", "Ulla Friis", SOF, "Borgercenter Øst", 24, "rest"),
]
#: Colleagues of the one with fourteen letters, so that her leader's board has several people.
COLLEAGUES = [
    Role("Mads Lyng", "Jens Ågård", BUF, "Svalevejens Skole", 5, "rest"),
    Role("Sidsel Ærø", "Jens Ågård", BUF, "Svalevejens Skole", 4, "guidance"),
    Role("Omar Kaya", "Jens Ågård", BUF, "Svalevejens Skole", 3, "rest"),
    Role("Jens Ågård", "Jens Ågård", BUF, "Svalevejens Skole", 1, "staff"),
]
LEADERLESS_UNIT = "Børnehuset Skovsporet"
SMALLEST_LIST_WITH_CAST = 200
