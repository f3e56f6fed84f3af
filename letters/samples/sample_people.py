"""Fictitious people with Danish names, each with a unique address. Nobody here exists.

The cast are the people of the mock-ups, found by name in every sample of at least 200 letters.
"""

import random
import unicodedata
from typing import NamedTuple

from letters.samples.organisation import BUF, SOF

FIRST_NAMES = """
Agnes Aksel Amina Anders Anne Anton Asbjørn Asta Astrid Bente Birgitte Bjarke Bo Bodil Camilla Carsten Cecilie
Christian Dorthe Ea Ebbe Eigil Elif Ellen Else Emil Eskild Eva Fatma Finn Freja Frida Gitte Gorm Grethe Gry Hanne
Hans Hassan Helge Helle Henrik Ida Inge Inger Ivan Jakob Jens Jette Johanne Jonas Jørgen Kaja Karen Karsten Kasper
Katrine Kirsten Kjeld Knud Lærke Lars Leila Lene Line Lis Lone Lotte Louise Mads Magnus Maja Malene Marie Mehmet
Merete Mette Mikkel Mogens Morten Naja Nanna Niels Nikolaj Olav Ole Omar Palle Per Pernille Peter Pia Preben Rasmus
Rikke Rune Sanne Sara Sidsel Signe Silje Sofie Søren Stine Susanne Svend Sven Søs Thea Thomas Tine Torben Trine
Troels Tove Ulla Ulrik Vibeke Victor Viggo Yasmin Yusuf Yrsa Zeynep Ægir Ørn Øjvind Åge Åse
""".split()  # noqa: SIM905 - a list of names reads better as text
LAST_NAMES = """
Aagaard Abildgård Ager Agerskov Bang Bech Birk Bisgård Bjerre Borg Brandt Brix Brøndum Buus Bæk Bøgh Dahl Dalgård
Dam Demir Dyhr Ebbesen Egeskov Elkjær Enevold Falk Fjord Fog Friis Frost Fuglsang Gade Gammelgård Glud Grøn
Gyldenkærne Hald Hauge Haugård Hede Hjort Holm Holst Houmøller Hvid Høegh Højgård Iversen Juhl Juul Kaya Kjær
Kjærulff Klit Kloster Koch Kragh Krogsgård Krøyer Lauge Lind Linde Lodberg Lund Lykke Lyng Løvgren Munk Mølgård
Møller Nygård Nørby Odgård Olesen Overgård Ploug Præst Rask Ravn Riis Rosendal Rødkær Rønne Sand Sejr Skou Skov
Skovgård Skytte Smed Sommer Stage Stær Sølvsten Søndergård Tang Thorup Toft Tranberg Ulv Vang Vedel Vestergård Vind
Vinther Voss Winther Yildiz Ærø Østergård Ørsted Ørum Åkjær Ågård Ålund
""".split()  # noqa: SIM905 - a list of names reads better as text
DOMAINS = {
    "Børne- og Ungdomsforvaltningen": "buf.example",
    "Socialforvaltningen": "sof.example",
    "Sundheds- og Omsorgsforvaltningen": "suf.example",
    "Kultur- og Fritidsforvaltningen": "kff.example",
    "Beskæftigelses- og Integrationsforvaltningen": "bif.example",
    "Teknik- og Miljøforvaltningen": "tmf.example",
    "Økonomiforvaltningen": "okf.example",
}


class Person(NamedTuple):
    """A fictitious person."""

    name: str
    email: str


class PersonRegister:
    """Hands out people with unique names and addresses."""

    def __init__(self, rng: random.Random):
        self._rng = rng
        self._names: set[str] = set()
        self._emails: set[str] = set()

    def new_person(self, administration: str) -> Person:
        """Return a person with a random new name."""
        while (name := self._some_name()) in self._names:
            pass
        return self.named(name, administration)

    def named(self, name: str, administration: str) -> Person:
        """Return a person with the name and a new address."""
        self._names.add(name)
        login, domain, number = _login(name), DOMAINS[administration], 1
        email = f"{login}@{domain}"
        while email in self._emails:
            number += 1
            email = f"{login}{number}@{domain}"
        self._emails.add(email)
        return Person(name, email)

    def _some_name(self) -> str:
        first, last = self._rng.choice(FIRST_NAMES), self._rng.choice(LAST_NAMES)
        if self._rng.random() < 0.18:
            return f"{first} {self._rng.choice(LAST_NAMES)} {last}"
        return f"{first} {last}"


def _login(name: str) -> str:
    """Return the login: «Karen Bülow Møller» → kabm, «Jens Ågård» → jeag, the four letters of the municipality."""
    plain = name.lower().translate(str.maketrans("æøåü", "aoau"))
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    first, *rest = plain.split()
    return first[:2] + (rest[0][:2] if len(rest) == 1 else "".join(part[0] for part in rest))


class CastMember(NamedTuple):
    """Somebody who sent ``letters`` letters (of 3.400) from ``unit``, mostly about ``topic``."""

    name: str
    leader: str
    administration: str
    unit: str
    letters: int
    topic: str


#: Sends the fourteen letters of ``subjects.FOURTEEN_SUBJECTS``, whatever the size of the list.
SENDER_OF_FOURTEEN = CastMember("Karen Bülow Møller", "Jens Ågård", BUF, "Svalevejens Skole", 14, "")

HEAVY_SENDERS = [
    CastMember("Per Dam", "Vibeke Holm", BUF, "Vejledningen Nørrebro", 38, "guidance"),
    CastMember("Inger Sø", "Vibeke Holm", BUF, "Vejledningen Nørrebro", 31, "guidance"),
    CastMember("Rikke Bang", "Torben Ager", BUF, "Lærkeparkens Skole", 22, "rest"),
    CastMember("Anne Holm", "Torben Ager", BUF, "Lærkeparkens Skole", 3, "rest"),
    CastMember("Yusuf Demir", "Else Brandt", BUF, "Tandklinik Østerled", 16, "dental"),
    CastMember("Søren Kjær", "Birgitte Lund", BUF, "Tandklinik Nordhjørnet", 11, "dental"),
    CastMember("Bo Lykke", "Åse Winther", BUF, "Dagplejen Nord", 11, "daycare"),
    CastMember("Hanne Ravn", "Ulla Friis", SOF, "Borgercenter Øst", 24, "rest"),
]
#: Colleagues of the sender of fourteen letters, so that the board of the leader has several people.
COLLEAGUES = [
    CastMember("Mads Lyng", "Jens Ågård", BUF, "Svalevejens Skole", 5, "rest"),
    CastMember("Sidsel Ærø", "Jens Ågård", BUF, "Svalevejens Skole", 4, "guidance"),
    CastMember("Omar Kaya", "Jens Ågård", BUF, "Svalevejens Skole", 3, "rest"),
    CastMember("Jens Ågård", "Jens Ågård", BUF, "Svalevejens Skole", 1, "staff"),
]
LEADERLESS_UNIT = "Børnehuset Skovsporet"
SMALLEST_LIST_WITH_CAST = 200
