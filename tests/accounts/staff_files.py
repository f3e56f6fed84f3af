"""Build small staff files for tests: rows as dicts of header → cell, and the bytes of a file with them."""

from sepo_incident.core import spreadsheets

PLAIN = {"Navn": "Karen Bülow Møller", "E-mail": "karen@kk.example", "Enhed": "Svalevejens Skole"}


def person(email: str, name: str = "", unit: str = "Svalevejens Skole", **cells: str) -> dict[str, str]:
    """Return one row of a staff file. `cells` are further headers, with _ for a space."""
    first = {"Navn": name or email.partition("@")[0].title(), "E-mail": email, "Enhed": unit}
    return first | {name.replace("_", " "): value for name, value in cells.items()}


def _headers(people: tuple[dict[str, str], ...]) -> list[str]:
    return list(dict.fromkeys(name for one in people or (PLAIN,) for name in one))


def xlsx(*people: dict[str, str]) -> bytes:
    headers = _headers(people)
    return spreadsheets.build_xlsx(headers, [[one.get(name, "") for name in headers] for one in people], "Personale")


def csv(*people: dict[str, str]) -> bytes:
    headers = _headers(people)
    return spreadsheets.build_csv(headers, [[one.get(name, "") for name in headers] for one in people])
