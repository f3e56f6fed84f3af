"""Take pictures of a running demo: four small ones for the README, with `--all` every page, wide and on a phone, or
with `--minute` the six first screens of a visitor's first minute.

make demo DAY=4 RESET=1 &                     # the pictures of the README show the fourth day; PORT=8010 works too
.venv/bin/python docs/take_pictures.py        # writes docs/pictures/*.png
.venv/bin/python docs/take_pictures.py --all --to /tmp/pictures

With `--all` it prints, for each page and size: words in view, words with everything unfolded, and height in screens.
"""

import argparse
import os
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, sync_playwright

DOCS_FOLDER = Path(__file__).resolve().parent
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


class Shot(NamedTuple):
    """A page as a persona sees the page.

    `path` is a URL. With `start`, `path` is a prefix, and the shot shows the first matching link on `start`; a `path`
    without a slash at the beginning is relative to the address to which `start` leads. `typed` is written in the field
    of the first page and sent: the search, or the address for a code.
    """

    name: str
    persona: str
    path: str
    start: str = ""
    typed: str = ""


SHOTS = [
    Shot("forside", "", "/log-ind/"),
    Shot("koden", "", "/log-ind/", typed="navn@buf.example"),
    Shot("min-adgang", "kit", "/min-adgang/"),
    Shot("mine-breve", "medarbejder", "/mine-breve/"),
    Shot("brevet", "medarbejder", "/brev/", "/mine-breve/"),
    Shot("min-enhed", "leder", "/enheder/"),
    Shot("forvaltning", "koordinator", "/enheder/"),
    Shot("overblik-tal", "koordinator", "/tal/", "/enheder/"),
    Shot("overblik-personer", "koordinator", "/personer/", "/enheder/"),
    Shot("overblik-emner", "koordinator", "/emner/", "/enheder/"),
    Shot("overblik-alle-tal", "koordinator", "alle-tal/", "/enheder/"),
    Shot("overblik-konsekvenser", "koordinator", "konsekvenser/", "/enheder/"),
    Shot("overblik-mails", "koordinator", "mails/", "/enheder/"),
    Shot("overblik-soegning", "koordinator", "?words=tandlæge&status=ALL", "/enheder/"),
    Shot("om-enheden", "koordinator", "om/", "/enheder/"),
    Shot("soegning", "koordinator", "/soeg/", typed="skole"),
    Shot("person", "kit", "/person/", "/soeg/", typed="møl"),
    Shot("adgang", "kit", "/person/", "/roller/"),
    Shot("roller", "kit", "/roller/"),
    Shot("grupper", "kit", "/roller/grupper/"),
    Shot("haendelser-paa-tvaers", "koordinator", "haendelser/", "/enheder/"),
    Shot("leder-brev", "leder", "/brev/", "/enheder/"),
    Shot("haendelse", "kit", "/haendelse/"),
    Shot("haendelse-koordinator", "koordinator", "/haendelse/"),
    Shot("haendelser", "kit", "/haendelser/"),
    Shot("haendelse-ny", "kit", "/haendelse/ny/"),
    Shot("databrud", "kit", "/haendelse/databrud/"),
    Shot("plan", "koordinator", "/haendelse/plan/"),
    Shot("beviser", "kit", "/haendelse/afslutningsbevis/"),
    Shot("trukket-tilbage", "kit", "/trukket-tilbage/"),
    Shot("personer", "kit", "/personer/"),
    Shot("personale", "kit", "/personer/indlaes/"),
    Shot("overdrag", "leder", "/overdrag/"),
    Shot("indgaaende", "kit", "/indgaaende-post/"),
    Shot("indlaes", "kit", "/indlaes/"),
    Shot("indlaes-tjek", "kit", "/indlaes/", "/indlaes/"),
    Shot("mangler-ansvarlig", "kit", "/mangler-ansvarlig/"),
    Shot("mangler-breve", "kit", "/mangler-ansvarlig/leder/", "/mangler-ansvarlig/"),
    Shot("beskeder", "kit", "/beskeder/"),
    Shot("beskeder-mail", "kit", "/beskeder/forhaandsvisning/", "/beskeder/"),
    Shot("udsendelse", "kit", "/beskeder/udsendelse/", "/beskeder/"),
    Shot("beskeder-regler", "kit", "/beskeder/regler/"),
    Shot("tekst", "kit", "/beskeder/tekster/foerste-besked/"),
    Shot("emneomraader", "kit", "/emneomraader/"),
    Shot("alarmer", "kit", "/alarmer/"),
    Shot("sporing", "kit", "/sporing/"),
    Shot("sporing-kanal", "kit", "/sporing/5/"),
    Shot("sporing-alarm", "kit", "/sporing/alarm/", "/sporing/"),
    Shot("sporing-statusser", "kit", "/sporing/statusser/"),
    Shot("systemer", "kit", "/roller/systemer/"),
    Shot("efterlys", "medarbejder", "/efterlys/"),
    Shot("ikke-naaet", "kit", "/levering/"),
    Shot("ikke-naaet-en", "kit", "/levering/", "/levering/"),
    Shot("henvendelser", "dit", "/henvendelser/"),
    Shot("henvendelse", "dit", "/henvendelser/", "/henvendelser/"),
    Shot("personalejura", "hr", "/henvendelser/"),
    Shot("sekretariat", "sekretariat", "/enheder/"),
    Shot("notater", "sekretariat", "/rapport/"),
    Shot("notat", "sekretariat", "/rapport/", "/rapport/"),
    Shot("notat-kontrol", "sekretariat", "/rapport/kontrol/"),
    Shot("notat-skabelon", "kit", "/rapport/skabelon/"),
    Shot("postkasse", "kit", "/demo/postkasse/"),
    Shot("mail", "kit", "/demo/postkasse/", "/demo/postkasse/"),
    Shot("vejledning", "", "/vejledning/"),
    Shot("vejledning-leder", "", "/vejledning/leder/"),
    Shot("ordliste", "", "/ordliste/"),
    Shot("udkast", "", "/udkast/"),
    Shot("ikke-fundet", "medarbejder", "/brev/999999/"),
]
#: The front page, and its five stations of one letter.
FIRST_MINUTE = ["forside", "postkasse", "brevet", "min-enhed", "henvendelser", "haendelse"]
#: Name of the picture → (name of the shot, whether on a phone).
README_PICTURES = {
    "sporing-alarm": ("sporing-alarm", False),
    "mine-breve": ("mine-breve", False),
    "brevet-telefon": ("brevet", True),
    "min-enhed": ("min-enhed", False),
}

MEASURES = """() => {
    const main = document.querySelector("main"), count = () => main.innerText.split(/\\s+/).filter(Boolean).length;
    const screens = document.documentElement.scrollHeight / window.innerHeight, inView = count();
    const folds = [...document.querySelectorAll("details:not([open])")];
    folds.forEach(fold => { fold.open = true; });
    const unfolded = count();
    folds.forEach(fold => { fold.open = false; });
    return `${inView} words, ${unfolded} unfolded, ${screens.toFixed(1)} screens`;
}"""


def sign_in(page: Page, url: str, persona: str) -> None:
    page.goto(f"{url}/log-ind/")
    page.locator(f'.personas button[value="{persona}"]').click()
    page.wait_for_load_state()


def open_page(page: Page, url: str, shot: Shot) -> None:
    page.goto(f"{url}{shot.start or shot.path}")
    if shot.typed:
        field = page.locator("[type=search]:visible, main [type=email]").first
        field.fill(shot.typed)
        with page.expect_navigation():
            field.press("Enter")
    if shot.start and not shot.path.startswith("/"):
        page.goto(urljoin(page.url, shot.path))
    elif shot.start:
        inner = page.locator(f'main a[href*="{shot.path}"]')
        links = [a for a in inner.evaluate_all("all => all.map(a => a.getAttribute('href'))") if a != shot.path]
        fitting = [a for a in links if any(c.isdigit() for c in a.removeprefix(shot.path).split("?")[0])]
        page.goto(f"{url}{fitting[0]}" if fitting[0].startswith("/") else fitting[0])
    page.wait_for_load_state("networkidle")


def commit_second_list(page: Page, url: str) -> None:
    """Commit KIT's revised list and open the follow-ups, so that the page for sending notices has recipients."""
    sign_in(page, url, "kit")
    open_page(page, url, Shot("", "kit", "/indlaes/", "/indlaes/"))
    page.get_by_label("Tag alle").check(force=True)
    page.get_by_label("Tallene passer med listen").check(force=True)
    page.get_by_role("button", name="Indlæs listen").click()
    page.get_by_role("link", name="Gå til hændelsen").click(timeout=60_000)
    page.get_by_role("button", name="Åbn opfølgning").click()
    page.wait_for_load_state("networkidle")


def take_picture(browser: Browser, url: str, shot: Shot, size: dict[str, int], to: Path, whole: bool) -> None:
    context = browser.new_context(viewport=size, locale="da-DK", timezone_id="Europe/Copenhagen")  # type: ignore[arg-type]
    page = context.new_page()
    if shot.persona:
        sign_in(page, url, shot.persona)
    open_page(page, url, shot)
    if whole:
        print(f"{to.stem}: {page.evaluate(MEASURES)}")
        # With a window as tall as the page, sticky bars take their final place.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": min(height, 12000)})
    page.screenshot(path=to, full_page=whole)
    if whole and size is WIDE:
        page.pdf(path=to.with_suffix(".pdf"), format="A4", print_background=True)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--to", type=Path, default=DOCS_FOLDER / "pictures")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--minute", action="store_true")
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    url = asked.url.rstrip("/")
    shots = {shot.name: shot for shot in SHOTS if asked.only in shot.name}
    pictures = {name: one for name, one in README_PICTURES.items() if one[0] in shots}
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        path = os.environ.get("CHROMIUM") or "/usr/bin/chromium-headless-shell"
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        if asked.minute:
            for number, name in enumerate(FIRST_MINUTE, start=1):
                for size, suffix in ((WIDE, "1280"), (PHONE, "390")):
                    take_picture(
                        browser, url, shots[name], size, asked.to / f"{number}-{name}-{suffix}.png", whole=False
                    )
        elif asked.all:
            for shot in shots.values():
                if shot.name == "beskeder":
                    commit_second_list(browser.new_page(), url)
                for size, suffix in ((WIDE, "1280"), (PHONE, "390")):
                    take_picture(browser, url, shot, size, asked.to / f"{shot.name}-{suffix}.png", whole=True)
        else:
            for name, (shot_name, is_phone) in pictures.items():
                take_picture(
                    browser, url, shots[shot_name], PHONE if is_phone else WIDE, asked.to / f"{name}.png", whole=False
                )
        browser.close()


if __name__ == "__main__":
    main()
