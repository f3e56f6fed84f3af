"""Measure queries and milliseconds per page in the server, with the demo's incident: `make bench-pages` or

    .venv/bin/python benchmarks/pages.py [--letters 3400] [--times 20]

Runs real engines in a separate data folder. A first request counts the queries; the time is the median of the next
`--times` requests, and `python` the part of it that this process works. A search is what htmx asks for while somebody
types: a name, words of a subject, and the first two letters of a word.
"""

import argparse
from functools import partial

from filled_database import filled_database, measure_request, signed_in

SEARCHERS = ("kit", "koordinator", "leder", "medarbejder", "hr")
SEARCHES = ("Karen Bülow Møller", "indkaldelse samtale", "in")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=3400)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    with filled_database(asked.letters):
        from django.urls import reverse

        from sepo_incident.demo import tour

        print(f"{asked.letters} letters, median of {asked.times}")
        print(f"{'page':<44}{'as':<14}{'queries':>8}{'ms':>8}{'python':>8}")
        searches = [(f"search: {text}", persona, text) for persona in SEARCHERS for text in SEARCHES]
        for label, persona, target in [*list_pages(), *searches]:
            client = signed_in(tour.find_user_by_key(persona))
            post = partial(client.post, reverse("search"), {"ord": target}, headers={"HX-Request": "true"})
            send = partial(client.get, target) if target.startswith("/") else post
            queries, whole, own = measure_request(send, asked.times)
            print(f"{label:<44}{persona:<14}{queries:>8}{whole:>8.0f}{own:>8.0f}", flush=True)


def list_pages() -> list[tuple[str, str, str]]:
    """Return (label, persona, path) of the measured pages."""
    from letters.models import CategoryRule
    from letters.samples.sample_letters import SENDER_OF_FOURTEEN
    from sepo_incident.accounts.models import Unit

    root, buf = Unit.root(), Unit.objects.get(code="BUF")
    school = Unit.objects.get(name=SENDER_OF_FOURTEEN.unit)
    letter = school.letters.filter(sender__name=SENDER_OF_FOURTEEN.name).order_by("pk").first()
    return [
        ("board of the whole municipality", "kit", f"/enhed/{root.pk}/"),
        ("board of BUF", "koordinator", f"/enhed/{buf.pk}/"),
        ("letter list of BUF, filtered, page 3", "koordinator", f"/enhed/{buf.pk}/?words=e&page=3"),
        ("board of one school", "leder", f"/enhed/{school.pk}/"),
        ("Mine breve", "medarbejder", "/mine-breve/"),
        ("Brevet", "medarbejder", f"/brev/{letter.pk}/"),
        ("Hændelsen", "kit", "/haendelse/"),
        ("Emneområder", "kit", "/emneomraader/"),
        ("Emneområder, a rule", "kit", f"/emneomraader/{CategoryRule.objects.get(name='Møder').pk}/"),
        ("Beskeder", "kit", "/beskeder/"),
        ("Henvendelser", "dit", "/henvendelser/"),
    ]


if __name__ == "__main__":
    main()
