"""Fictitious people with Danish names, each with an address of their own. Nobody here exists."""

import random
import unicodedata
from typing import NamedTuple

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
    name: str
    email: str


class Register:
    """Hands out people: every name once, every address once."""

    def __init__(self, rng: random.Random):
        self._rng = rng
        self._names: set[str] = set()
        self._emails: set[str] = set()

    def anybody(self, administration: str) -> Person:
        while (name := self._some_name()) in self._names:
            pass
        return self.named(name, administration)

    def named(self, name: str, administration: str) -> Person:
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
    """«Karen Bülow Møller» → kabm, «Jens Ågård» → jeag: the municipality's four letters."""
    plain = name.lower().translate(str.maketrans("æøåü", "aoau"))
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    first, *rest = plain.split()
    return first[:2] + (rest[0][:2] if len(rest) == 1 else "".join(part[0] for part in rest))
