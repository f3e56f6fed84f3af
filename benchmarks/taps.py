"""Count the taps on a phone, and the seconds of the pages, that each person's main task takes in a running demo.

make demo DAY=4 RESET=1 &                     # each task changes the demo: start over before a second run
.venv/bin/python benchmarks/taps.py           # PORT=8010: --url http://127.0.0.1:8010

A tap is a press on a link, button, choice or field; writing into a field adds no tap. A task starts in the person's
mail or menu, signed in.
"""

import argparse
import os
import re
import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page, sync_playwright

PHONE = {"width": 390, "height": 844}
LINK, BUTTON = "link", "button"


class Phone:
    """A page on a phone that counts the taps."""

    def __init__(self, page: Page, url: str):
        self.page, self.url, self.taps = page, url, 0

    def sign_in(self, persona: str, path: str) -> None:
        self.page.goto(f"{self.url}/log-ind/")
        self.page.locator(f'button[name="persona"][value="{persona}"]').click()
        self.page.goto(f"{self.url}{path}")

    def tap(self, what: Locator) -> None:
        self.taps += 1
        what.first.click()
        self.page.wait_for_load_state()

    def tap_role(self, role: str, words: str) -> None:
        self.tap(self.page.get_by_role(role, name=re.compile(words)))  # type: ignore[arg-type]

    def choose(self, question: str, answer: str) -> None:
        group = self.page.get_by_role("group", name=re.compile(question))
        self.taps += 1
        group.get_by_label(answer, exact=True).first.check(force=True)

    def write(self, label: str, text: str) -> None:
        self.taps += 1
        self.page.get_by_label(re.compile(label)).first.fill(text)

    def shows(self, role: str, words: str) -> bool:
        return self.page.get_by_role(role, name=re.compile(words)).count() > 0  # type: ignore[arg-type]


def sender_decides_sends_and_proves(phone: Phone) -> None:
    phone.sign_in("medarbejder", "/mine-breve/")
    phone.tap_role(LINK, "^Beslut det samme for")
    phone.choose("^1\\.", "Jeg sender de samme breve igen")
    phone.choose("sendt igen", "Nej, jeg sender dem senere")
    phone.choose("^2\\.", "Nej")
    phone.choose("^3\\.", "Nej")
    phone.tap_role(BUTTON, "^Gennemse")
    phone.tap_role(BUTTON, "^Gem beslutningen for")
    phone.page.goto(f"{phone.url}/mine-breve/")
    phone.taps += 1
    phone.tap_role(LINK, "^Åbn ")
    while phone.page.get_by_role(BUTTON, name=re.compile("^Gem")).count():
        decide_one(phone)
    phone.tap_role(BUTTON, "^Alle .* er sendt|^De valgte er sendt")
    phone.tap(phone.page.get_by_label("Jeg har talt med modtagerne"))
    phone.tap_role(BUTTON, "^Alle .* er kommet frem")


def decide_one(phone: Phone) -> None:
    phone.tap(phone.page.get_by_label("Jeg sender det samme brev igen"))
    phone.choose("sendt igen", "Nej, jeg sender det senere")
    phone.choose("^2\\.", "Nej")
    phone.choose("^3\\.", "Nej")
    phone.tap_role(BUTTON, "^Gem")


def leader_confirms_all(phone: Phone) -> None:
    phone.sign_in("leder", "/enheder/")
    phone.tap_role(BUTTON, "^Bekræft alle")


def coordinator_finds_the_calls(phone: Phone) -> None:
    phone.sign_in("koordinator", "/enheder/")
    phone.page.get_by_role("heading", name=re.compile("^Ring til")).scroll_into_view_if_needed()


def desk_closes_a_question(phone: Phone) -> None:
    phone.sign_in("dit", "/henvendelser/")


TASKS: dict[str, Callable[[Phone], None]] = {
    "sender: 14 letters decided, sent and proven": sender_decides_sends_and_proves,
    "leader: all confirmed": leader_confirms_all,
    "coordinator: whom to call": coordinator_finds_the_calls,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or "/usr/bin/chromium-headless-shell"
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        for name, task in TASKS.items():
            if asked.only not in name:
                continue
            page = browser.new_context(viewport=PHONE, locale="da-DK").new_page()  # type: ignore[arg-type]
            phone = Phone(page, asked.url.rstrip("/"))
            began = time.monotonic()
            task(phone)
            print(f"{name}: {phone.taps} taps, {time.monotonic() - began:.1f} s")
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
