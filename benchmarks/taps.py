"""Count what a task costs a person on a phone of 390 px, in a running demo: `make bench-taps PORT=8000`, or

    make demo DAY=4 RESET=1 &
    .venv/bin/python benchmarks/taps.py [--url http://127.0.0.1:8000] [--one-by-one] [--only sender]

The tasks change the demo, so begin it anew before a second run. Each task takes the straightest way that its pages
show, from the link in the mail or from the sign-in page.

tap: a press of a link, button, box or answer, or the first press in a field. Signing in as a persona is one tap.
character: a typed one. swipe: 600 px of scrolling until the next target is in view. page: a page that is loaded.
second: 1,2 per tap, 0,2 per character, 0,8 per swipe, and the measured time of loading. Reading is not counted.

With `--one-by-one` the sender decides about each letter on its own page before it is sent, as the first button of
*Mine breve* suggests. Without it, the sender sends first, and decides the same about the letters that the page offers.
"""

import argparse
import json
import math
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

WIDTH, HEIGHT = 390, 844  # px
SWIPE = 600  # px
SECONDS_PER_TAP, SECONDS_PER_CHARACTER, SECONDS_PER_SWIPE = 1.2, 0.2, 0.8
PATIENCE = 180_000  # ms, until a list is read or mails are sent
LETTERS = 14


class Hand:
    """A person with a phone. Counts the taps, characters, swipes and pages, and the seconds of loading."""

    def __init__(self, page: Page, url: str, one_by_one: bool = False) -> None:
        self.page, self.url, self.one_by_one = page, url, one_by_one
        self.note = ""
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self.taps = self.characters = self.swipes = self.pages = 0
        self.loading = 0.0

    @property
    def seconds(self) -> float:
        by_hand = SECONDS_PER_TAP * self.taps + SECONDS_PER_CHARACTER * self.characters
        return by_hand + SECONDS_PER_SWIPE * self.swipes + self.loading

    @contextmanager
    def waiting(self) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.loading += time.monotonic() - began

    def look_at(self, target: Locator) -> None:
        """Scroll until the target is in view."""
        target.wait_for()
        box = target.bounding_box() or {"y": 0, "height": 0}
        outside = max(-box["y"], box["y"] + box["height"] - HEIGHT, 0)
        self.swipes += math.ceil(outside / SWIPE)
        target.scroll_into_view_if_needed()

    def tap(self, target: Locator) -> None:
        """Tap on something that leads to no other page."""
        self.look_at(target)
        self.taps += 1
        target.click()

    def follow(self, target: Locator) -> None:
        """Tap on something that leads to another page."""
        self.look_at(target)
        self.taps += 1
        self.pages += 1
        with self.waiting(), self.page.expect_navigation(wait_until="load"):
            target.click()
        if self.page.title().startswith("Fejl"):
            raise RuntimeError(f"refused at {self.page.url}")

    def wait_for(self, target: Locator) -> None:
        with self.waiting():
            target.wait_for(timeout=PATIENCE)

    def tick(self, target: Locator) -> None:
        """Choose an answer or tick a box; nothing if that is done already."""
        if not target.is_checked():
            self.tap(self.page.locator(f'label[for="{target.get_attribute("id")}"]'))

    def answer(self, question: str, answer: str) -> None:
        group = self.page.get_by_role("group", name=re.compile(question)).last
        self.tick(group.get_by_label(answer, exact=True).first)

    def write(self, field: Locator, text: str) -> None:
        self.tap(field)
        self.characters += len(text)
        field.fill(text)

    def button(self, words: str) -> Locator:
        return self._visible("button", words)

    def link(self, words: str) -> Locator:
        return self._visible("link", words)

    def _visible(self, role: str, words: str) -> Locator:
        found = self.page.locator("main").get_by_role(role, name=re.compile(words))  # type: ignore[arg-type]
        return found.locator("visible=true").first

    def heading(self, words: str) -> str:
        """Return the heading of the page that fits. Fails without one."""
        return self.page.get_by_role("heading", name=re.compile(words)).first.inner_text()

    def open_mail(self, words: str, subject: str) -> None:
        """Show the newest mail of the demo's mailbox that fits. The task begins here, so nothing is counted."""
        self.page.goto(f"{self.url}/demo/postkasse/?q={words}")
        self.page.get_by_role("link", name=re.compile(subject)).first.click()
        self.page.wait_for_load_state()

    def follow_mail(self, words: str, persona: str) -> None:
        link = self.page.frame_locator("iframe.mail-frame").get_by_role("link", name=re.compile(words))
        link.scroll_into_view_if_needed()
        self.follow(link)
        self.sign_in(persona)

    def begin(self, persona: str) -> None:
        """Sign in on the first page."""
        self.page.goto(f"{self.url}/log-ind/")
        self.sign_in(persona)

    def sign_in(self, persona: str) -> None:
        """Sign in as a persona. Finding the button is a matter of the demo, so no swipe is counted."""
        button = self.page.locator(f'.personas button[value="{persona}"]')
        button.scroll_into_view_if_needed()
        self.follow(button)


def sender(hand: Hand) -> None:
    """Decide, send and prove the fourteen letters."""
    undo_decisions(hand)
    hand.open_mail("kabm", f"^{LETTERS} af dine breve")
    hand.follow_mail(f"^Se dine {LETTERS} breve", "medarbejder")
    if not hand.one_by_one:
        hand.follow(hand.link(r"^Beslut det samme for (alle )?\d+ breve$"))
        answer_decision(hand)
        hand.follow(hand.button("^Gennemse"))
        hand.follow(hand.button("^Gem beslutningen for"))
        hand.wait_for(hand.link("Gå til Mine breve"))
        hand.follow(hand.link("Gå til Mine breve"))
    hand.follow(hand.link("^Åbn (det øverste brev|brevet)"))
    while hand.button("^Gem (beslutningen|og vis næste)").count():
        if hand.button("^Samme svar").count():
            hand.follow(hand.button("^Samme svar"))
            continue
        answer_decision(hand)
        saves = "^Nej til 2 og 3" if hand.button("^Nej til 2 og 3").count() else "^Gem (beslutningen|og vis næste)"
        hand.follow(hand.button(saves))
    if hand.one_by_one:
        hand.follow(hand.button(r"^Alle \d+ er sendt"))
    hand.answer("^Bevis", "Jeg har talt med modtagerne")
    hand.follow(hand.button(r"^Alle \d+ er kommet frem"))
    prove_personnel_case(hand)
    hand.page.goto(f"{hand.url}/mine-breve/?vis=kommet-frem")
    hand.note = hand.heading(rf"\({LETTERS}\)$")


def undo_decisions(hand: Hand) -> None:
    """Undo the sender's decisions of the demo, so that all letters are undecided. Nothing is counted."""
    page, decided = hand.page, f"{hand.url}/mine-breve/?vis=besluttet"
    hand.begin("medarbejder")
    page.goto(decided)
    while page.locator("main tbody a").count():
        hand.follow(page.locator("main tbody a").first)
        hand.follow(hand.button("^Fortryd beslutningen"))
        page.goto(decided)
    page.context.clear_cookies()
    hand.forget()


def answer_decision(hand: Hand) -> None:
    """Answer the questions of a decision: a letter whose date has passed is written anew, others are sent again."""
    has_passed = hand.page.get_by_role("group", name=re.compile("^2")).get_by_label("Ja", exact=True).first.is_checked()
    remedy = "Jeg skriver et nyt brev" if has_passed else "^Jeg sender (det samme brev|de samme breve) igen"
    hand.tick(hand.page.get_by_label(re.compile(remedy)).first)
    if hand.one_by_one:
        hand.tick(hand.page.get_by_label(re.compile("^Nej, jeg sender")).locator("visible=true").first)
    else:
        hand.answer("sendt( igen)?\\?$", "Ja")
    if not hand.button("^Nej til 2 og 3").count():
        if not has_passed:
            hand.answer("^2", "Nej")
        hand.answer("^3", "Nej")
    if has_passed:
        hand.answer("^4", "Ja")
        hand.write(hand.page.get_by_label("Journalnummer", exact=True), "2026-0012345")


def prove_personnel_case(hand: Hand) -> None:
    """Report the arrival of a personnel case, which is proven by itself."""
    hand.follow(hand.link("^Vis beviset her"))
    hand.answer("^Er det kommet frem", "Ja")
    hand.write(hand.page.get_by_label("Hvordan ved du det"), "Jeg har talt med modtageren.")
    hand.follow(hand.button("^Gem"))


def leader(hand: Hand) -> None:
    """Confirm all decisions that wait for the leader today."""
    hand.open_mail("jeag", "brev(e)? venter på dig$|^Oversigt")
    hand.follow_mail("^Se overblikket", "leder")
    hand.note = hand.heading(r"^Bekræft \d+ beslutninger")
    hand.follow(hand.button(r"^Bekræft alle \d+"))
    if hand.page.get_by_role("heading", name=re.compile("^Bekræft ")).count():
        raise RuntimeError("decisions are left")


def coordinator(hand: Hand) -> None:
    """Bring three people to call, with their phone numbers, into view."""
    hand.begin("koordinator")
    numbers = hand.page.locator('main a[href^="tel:"]')
    if numbers.locator("visible=true").count() < 3:
        hand.tap(hand.page.get_by_text(re.compile(r"^Vis flere \(\d+\)")))
    for place in range(3):
        hand.look_at(numbers.nth(place))


def kit(hand: Hand) -> None:
    """Import the waiting list, open the follow-up and send the first notices."""
    hand.begin("kit")
    hand.follow(hand.link("^Tjek listen"))
    hand.tick(hand.page.get_by_label("Tag alle"))
    hand.tick(hand.page.get_by_label("Tallene passer med listen"))
    hand.follow(hand.button("^Indlæs "))
    hand.wait_for(hand.link("^Gå til hændelsen"))
    hand.follow(hand.link("^Gå til hændelsen"))
    hand.follow(hand.button("^Åbn opfølgning"))
    hand.follow(hand.link("^Gå til beskeder"))
    hand.follow(hand.button(r"^Send \d+ beskeder"))
    hand.wait_for(hand.page.get_by_text("er taget imod af mailserveren"))


def new_sender(hand: Hand, people: Path | None = None) -> None:
    """Open a letter from the first notice, as a sender of the list that `kit` has imported and who was never here.

    `people`: the file of the provider who signs the sender in; None: by a code.
    """
    hand.open_mail("", "af dine breve|dit brev")
    address = hand.page.get_by_role("row", name=re.compile("^To ")).inner_text()
    [email] = re.findall(r"[^\s<>]+@[^\s<>]+", address)
    link = hand.page.frame_locator("iframe.mail-frame").get_by_role("link", name=re.compile("^Se d"))
    link.scroll_into_view_if_needed()
    hand.follow(link)
    if people:
        known = {"email": email, "email_verified": True}
        people.write_text(json.dumps({"signed_in": email, "people": {email: known}}))
        hand.follow(hand.link("^Log ind med"))
    else:
        sign_in_by_code(hand, email)
    hand.follow(hand.link("^Åbn (det øverste brev|brevet)"))
    hand.note = hand.heading(".")


def sign_in_by_code(hand: Hand, email: str) -> None:
    """Type the address, read the mail with the code and type the code. Waiting for the mail is loading."""
    hand.write(hand.page.get_by_role("textbox", name="Din arbejdsmail"), email)
    hand.follow(hand.button("^Send mig en kode"))
    mailbox = hand.page.context.new_page()
    with hand.waiting():
        until = time.monotonic() + PATIENCE / 1000
        while not mailbox.locator("main tbody a").first.filter(has_text="Din kode").count():
            if time.monotonic() > until:
                raise RuntimeError("no mail with a code")
            mailbox.goto(f"{hand.url}/demo/postkasse/?q={email}")
    mailbox.locator("main tbody a").first.click()
    code = re.findall(r"\b\d{8}\b", mailbox.locator("pre.mail-text").first.inner_text())[0]
    mailbox.close()
    hand.write(hand.page.get_by_role("textbox", name="Kode"), code)
    hand.follow(hand.button("^Log ind"))


def desk(hand: Hand, persona: str) -> None:
    """Take a question, answer and close it."""
    hand.begin(persona)
    hand.follow(hand.button("^Tag henvendelsen"))
    hand.write(hand.page.get_by_label("Tekst"), "Søg efter emnet i Sendt post.")
    hand.follow(hand.button("^Send svaret, og luk"))
    hand.page.get_by_text("henvendelsen er lukket").first.wait_for()


def secretariat(hand: Hand) -> None:
    """Bring the number of letters that have arrived into view."""
    hand.begin("sekretariat")
    hand.look_at(hand.link("er kommet frem"))


TASKS: dict[str, Callable[[Hand], None]] = {
    "sender": sender,
    "leader": leader,
    "coordinator": coordinator,
    "kit": kit,
    "dit": partial(desk, persona="dit"),
    "hr": partial(desk, persona="hr"),
    "secretariat": secretariat,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--only", default="")
    parser.add_argument("--one-by-one", action="store_true")
    parser.add_argument("--people", type=Path, help="of tests/accounts/provider.mjs: new senders sign in there")
    asked = parser.parse_args()
    print(f"{'task':<14}{'taps':>6}{'characters':>12}{'swipes':>8}{'pages':>7}{'loading':>9}{'seconds':>9}")
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or "/usr/bin/chromium-headless-shell"
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        for name, task in {**TASKS, "new sender": partial(new_sender, people=asked.people)}.items():
            if asked.only in ("", name):
                print_counts(name, task, Hand(new_phone(browser), asked.url.rstrip("/"), asked.one_by_one))
        browser.close()


def new_phone(browser: Browser) -> Page:
    """Return a page of its own on a phone, signed out."""
    size = ViewportSize(width=WIDTH, height=HEIGHT)
    return browser.new_context(viewport=size, has_touch=True, locale="da-DK").new_page()


def print_counts(name: str, task: Callable[[Hand], None], hand: Hand) -> None:
    task(hand)
    counts = f"{hand.taps:>6}{hand.characters:>12}{hand.swipes:>8}{hand.pages:>7}"
    print(f"{name:<14}{counts}{hand.loading:>9.1f}{hand.seconds:>9.1f}  {hand.note}", flush=True)
    hand.page.context.close()


if __name__ == "__main__":
    main()
