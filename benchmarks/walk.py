"""Record every page, part of a page, form, mail, workbook, zip file and command of one demo as text: `make walk` or

    python benchmarks/walk.py record FOLDER [CHECKOUT]
    python benchmarks/walk.py compare BEFORE AFTER

A refactoring changes nothing that people meet: record the commit before it and the commit after it, and compare.
`compare` prints the differences and exits with 1 if there are any. The walk knows a checkout from outside only: its
demo, its URL paths, its commands, and the files that they write.

Two recordings of one commit are equal, because the clock stands still (libfaketime: `apt-get install faketime`), the
workers are paused unless an act waits for them, and random values are written as their kind (`walk_text`).
"""

import argparse
import io
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin

import openpyxl
from walk_browser import Browser, Form, Page, Response
from walk_demo import Demo, free_port, frozen_clock_environment
from walk_text import Recording, compare

ROOT = Path(__file__).resolve().parent.parent
#: how many addresses of one kind are opened: without parameters, with one, with more; and how many kinds with one
CAPS, SINGLE_CHOICES = (3, 1, 1), 6
SAMPLE_MAILS = sorted((ROOT / "tests/notifications/inbound/samples").glob("*.eml"))
PROJECT_COMMANDS = (
    "demo fill_demo stop_engines make_list read_list import_list import_people open_followups send_notices "
    "classify_mail receive_mail balance verify_audit grant_role migrate"
)
COMMANDS = [
    *(f"{name} --help" for name in PROJECT_COMMANDS.split()),
    "help",
    "help --commands",
    "make_list --letters 60 --seed 7 --shift-to 2026-03-04 {0}/list.xlsx",
    "make_list --letters 20 --seed 3 --shift-to 2026-03-04 {0}/list.csv",
    "make_list --letters 20 {0}/list.docx",
    "read_list {0}/list.xlsx",
    "read_list {0}/list.csv --json",
    "read_list {0}/odd.csv",
    "read_list {0}/nothing.xlsx",
    *(f"classify_mail {sample}" for sample in SAMPLE_MAILS[::8]),
    "classify_mail --json " + " ".join(map(str, SAMPLE_MAILS)),
    "check",
    "makemigrations --check --dry-run",
    "fill_demo",
    "demo --day 4 --port {1}",
    "balance",
    "balance --json",
    "verify_audit",
    "import_list {0}/list.xlsx --incident sepo",
    "import_list {0}/list.csv --incident sepo --json",
    "import_list {0}/odd.csv --incident sepo",
    "import_list {0}/list.csv --incident ukendt",
    "import_people {0}/people.csv",
    "import_people {0}/list.csv --json",
    "receive_mail --fetch",
]
CHANGING_COMMANDS = [
    "receive_mail --file",
    "import_people {0}/people.csv --commit",
    "grant_role ny.person@kit.example READER --name Ny",
    "grant_role ny.person@kit.example LEADER",
    "grant_role ny.person@kit.example KONGE",
    "make_list --letters 40 --seed 11 --incident sepo {0}/later.xlsx",
    "import_list {0}/later.xlsx --incident sepo --commit",
    "open_followups --incident sepo",
    "send_notices --incident sepo --wait",
    "import_list {0}/later.xlsx --incident sepo --full --json",
    "balance",
    "verify_audit",
]
#: forms that end a persona's walk: signing out, impersonation, a staff file of people who have left
SKIPPED_FORMS = re.compile("/log-|/demo/|.*/se-som|/personer/N/gem/")
#: what few pages of the demo lead to: everybody sends a POST without fields
POSTS = (
    "/alarmer/1/luk/ /alarmer/1/tag/ /brev/7/foelger/ /brev/7/kladde/kasser/ /brev/7/kommet-frem/1/tilbage/ "
    "/brev/7/original/fundet/ /brev/7/paa-sagen/ /emneomraader/koer/ /henvendelser/1/giv/ /henvendelser/1/luk/ "
    "/henvendelser/1/laeg-tilbage/ /fravaer/1/tilbage/ /indgaaende-post/1/afslut/ /indgaaende-post/1/svar/ "
    "/indlaes/2/kasser/ /indlaes/2/stop/ /levering/1/igen/ /mangler-ansvarlig/1/fortryd/ "
    "/mine-breve/sammen/stedfortraeder/ /overdrag/givet/1/fortryd/ /personer/1/kasser/ /samlet/1/stop/ "
    "/samlet/foelger/ /samlet/kommet-frem/ /se-som/stop/ /trukket-tilbage/7/paa-listen-igen/ /beskeder/fortsaet/ "
    "/beskeder/paamindelser/pause/1/ophaev/ /beskeder/paamindelser/til/ /beskeder/tekster/foerste-besked/nulstil/ "
    "/beskeder/udsendelse/1/afvis/ /beskeder/udsendelse/1/fortsaet/ /beskeder/udsendelse/1/godkend/ "
    "/beskeder/udsendelse/1/pause/ /beskeder/udsendelse/1/stands/"
)
#: what everybody opens at the end
LAST_PAGES = (
    "/ /alarmer/ /dokumentation/1/pakke.zip /brev/7/kommet-frem/1/fil/ /emneomraader/skifter/ /haendelse/ "
    "/indgaaende-post/ /levering/ /sundhed/ /trukket-tilbage/ /beskeder/ /beskeder/tekster/foerste-besked/historik/"
)
NO_BUTTON = ("", "", "")
SETTLED = {"deadline_missed": "nej", "consequence_review": "NONE", "journalised": "ja", "record_number": "2026-17"}
ODD_LIST = "Nummer;Emnet er;Bem.\nA1;Indkaldelse til møde;ja\nA2;Høring;nej\n"
PEOPLE = "Navn;E-mail;Enhed;Leder\nNy Ansat;ny.ansat@buf.example;Svalevejens Skole;\nUden Mail;;Svalevejens Skole;\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["record", "compare"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("other", type=Path, nargs="?", default=ROOT)
    options = parser.parse_args()
    if options.verb == "record":
        record(options.other.resolve(), options.folder.resolve())
    else:
        lines = compare(options.folder, options.other)
        print(*lines, sep="\n")
        print(f"{len(list(options.folder.rglob('*.txt')))} files, {'different' if lines else 'equal'}")
        sys.exit(bool(lines))


def record(checkout: Path, target: Path) -> None:
    """Record a demo of the checkout into the target folder."""
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped"))
    if target.exists() and not (target / "walk.txt").exists():
        sys.exit(f"{target} exists and is no recording")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    (target / "walk.txt").touch()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="walk-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # the account of PostgreSQL reaches its folder
        (folder / "odd.csv").write_text(ODD_LIST)
        (folder / "people.csv").write_text(PEOPLE)
        port = free_port()
        places = {f"127.0.0.1:{port}": "demo.example", str(folder): "<folder>"}
        recording = Recording(target, places | {str(checkout): "<checkout>", str(ROOT): "<checkout>"})
        demo = Demo(checkout, folder, recording, frozen_clock_environment(folder), port)
        demo.start_database(stack)
        demo.start_demo(stack)
        demo.record_commands(COMMANDS)
        browsers = [Browser("nobody", port, recording), *sign_in_all(recording, port)]
        forms = [crawl(browser) for browser in browsers]
        record_access(browsers)
        demo.record_mails("mails")
        act(demo, {browser.persona: browser for browser in browsers})
        for number, browser in enumerate(browsers):
            met = {kind for found in forms[:number] for kind in found}
            submit_all(browser, {kind: found for kind, found in forms[number].items() if kind not in met}, folder)
            post_all(browser, POSTS)
        demo.run_workers()
        demo.record_commands(CHANGING_COMMANDS)
        for browser in browsers:
            for address in LAST_PAGES.split():
                open_page(browser, address)
            post_all(browser, "/log-af/")
        demo.record_mails("mails-afterwards")
        demo.signal_workers(signal.SIGCONT)
        demo.record_commands(["stop_engines"])
    kinds = [f"{count:6} more of {kind}" for kind, count in sorted(recording.skipped.items())]
    (target / "walk.txt").write_text("\n".join(["Not opened:", *kinds, ""]))
    print(*(f"{name}: {count}" for name, count in sorted(recording.counts.items())), sep="\n")
    print(f"{recording.counts.total()} files in {time.monotonic() - begun:.0f} s")


def sign_in_all(recording: Recording, port: int) -> list[Browser]:
    """Return a browser for each persona of the demo, signed in with the persona's button."""
    page, browsers = Browser("nobody", port, recording).open("/log-ind/"), []
    for _, persona, _ in max(page.forms, key=lambda form: len(form.buttons)).buttons:
        browser = Browser(persona, port, recording)
        page = browser.open("/log-ind/")
        form = max(page.forms, key=lambda form: len(form.buttons))
        response = browser.submit(page, form, [*form.values(), ("persona", persona)])
        browser.record(f"acts/{persona}-signs-in", "POST", response)
        browsers.append(browser)
    return browsers


def kind_of(address: str) -> tuple[str, int]:
    """Return the kind of an address (its path without numbers, and its only parameter), and its number of parameters.

    The number is at most 2. `/brev/7/?fra=3` is `("/brev/N/?fra=N", 1)`.
    """
    path, _, query = address.partition("?")
    path = re.sub(r"\d{19}-\w{6}|\d+|(?<=/)[^/]*[A-Z%][^/]*", "N", path)
    chosen = [f"{name}={re.sub('[0-9]+', 'N', value)}" for name, value in parse_qsl(query)]
    kind = f"?{chosen[0]}" if len(chosen) == 1 else "?" * bool(query) + "…" * bool(chosen)
    return path + kind, min(len(chosen), 2)


def natural_order(text: str) -> str:
    """Return a sort key for the text in which numbers are in their order."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(20), text)


def crawl(browser: Browser) -> dict[tuple, list[str]]:
    """Record what every link leads to, from the front page on, and return the addresses of each kind of form.

    Of addresses of one kind only the first few are opened (CAPS).
    """
    level, seen, opened, forms = {("/", "")}, set(), Counter(), {}
    while level:
        seen |= level
        found = set()
        for address, target in sorted(level, key=lambda link: (natural_order(link[0]), link[1])):
            kind, choices = kind_of(address)
            path = kind.partition("?")[0]
            if browser.persona != "nobody" and path.startswith(("/static/", "/demo/postkasse/N")):
                continue  # the same for all
            if opened[kind, target] >= CAPS[choices] or (choices == 1 and opened[path, "?"] >= SINGLE_CHOICES):
                browser.recording.skipped[f"{browser.persona} {kind} {target}".strip()] += 1
                continue
            opened[kind, target] += 1
            browser.opened.add(address)
            opened[path, "?"] += choices == 1
            response = browser.request(address, target)
            name = browser.recording.file_name(address) + ("-part" if target else "")
            browser.record(f"{browser.persona}/{name}", "GET", response)
            page = Page(response)
            found |= page.links
            if location := response.header("location"):
                found.add((urljoin(address, location), ""))
            for form, button in [] if target else buttons_of(page):
                forms.setdefault(form_kind(address, form, button), []).append(address)
        level = {link for link in found - seen if link[0].startswith("/")}
    return forms


def record_access(browsers: list[Browser]) -> None:
    """Record for each persona the status of an address of each kind that only others have opened."""
    opened = {address for browser in browsers for address in browser.opened if "?" not in address}
    addresses = {kind_of(address)[0]: address for address in sorted(opened, key=natural_order, reverse=True)}
    for browser in browsers:
        kinds = addresses.keys() - {kind_of(address)[0] for address in browser.opened}
        responses = [browser.request(addresses[kind]) for kind in sorted(kinds) if not kind.startswith("/static/")]
        lines = [f"{one.status} {one.address} {one.header('location')}" for one in responses]
        browser.recording.write(f"access/{browser.persona}", "\n".join(lines))


def buttons_of(page: Page) -> list[tuple[Form, tuple[str, str, str]]]:
    """Return each form of the page with each of its buttons."""
    return [(form, button) for form in page.forms for button in form.buttons or [NO_BUTTON]]


def form_kind(address: str, form: Form, button: tuple[str, str, str]) -> tuple[str, str, str, bool]:
    """Return what forms of one kind share: method, kind of action, button, and whether they request a part."""
    action = kind_of(urljoin(address, button[2] or form.action) or address)[0].partition("?")[0].partition("#")[0]
    return form.method, action, re.sub(r"\d+", "N", "=".join(button[:2])), form.is_partial


def submit_all(browser: Browser, forms: dict[tuple, list[str]], folder: Path) -> None:
    """Record a POST of one form of each kind: as it stands, and filled if the server does not redirect."""
    for kind, addresses in forms.items():
        if kind[0] != "post" or SKIPPED_FORMS.match(kind[1]):
            continue
        name = f"forms/{browser.persona}-{browser.recording.file_name('-'.join(kind[1:3]))}"
        pages = map(browser.open, sorted(addresses, key=len)[:-5:-1])
        found = ((page, *one) for page in pages for one in buttons_of(page) if form_kind(page.address, *one) == kind)
        page, form, button = next(found, (None, None, None))
        if page is None:
            browser.recording.write(name, "The form is gone")
            continue
        extra = [button[:2]] if button[0] else []
        file = folder / ("people.csv" if kind[1] == "/personer/indlaes/" else "list.xlsx")
        for values in (form.values(), form.filled_values(file)):
            response = browser.submit(page, form, values + extra, button[2])
            browser.record(name, f"POST {values + extra}", response)
            if location := response.header("location"):
                browser.record(f"{name}-then", "GET", browser.request(urljoin(response.address, location)))
                break


def post_all(browser: Browser, addresses: str) -> None:
    """Record a POST without fields to each of the addresses."""
    for address in addresses.split():
        token = {"csrfmiddlewaretoken": browser.cookies.get("csrftoken", "")}
        response = browser.request(address, "", urlencode(token).encode())
        browser.record(f"posts/{browser.persona}-{browser.recording.file_name(address)}", "POST", response)


def open_page(browser: Browser, address: str) -> Page:
    """Record the page at the address, and return the page."""
    return record_act(browser, "GET", browser.request(address))


def press(browser: Browser, page: Page, action: str, button: str = "", **values: object) -> Page:
    """Record a POST of the page's form with that action, filled with the values, and return the next page."""
    form = next(
        (
            one
            for one in page.forms
            if one.method == "post" and urljoin(page.address, one.action).split("#")[0] == action
        ),
        None,
    )
    if form is None:
        sys.exit(f"{page.address} has no form for {action} that {browser.persona} can send")
    sent = [(name, value) for name, value in form.values() if name not in values] + list(values.items())
    sent += [one[:2] for one in form.buttons if button and one[1] == button][:1]
    return record_act(browser, f"POST {sent}", browser.submit(page, form, sent))


def record_act(browser: Browser, what: str, response: Response) -> Page:
    """Record a response and those that it redirects to, and return the last page."""
    while True:
        number = browser.recording.counts["acts"] + 1
        name = browser.recording.file_name(response.address)
        browser.record(f"acts/{number:03}-{browser.persona}-{name}", what, response)
        if not response.header("location"):
            return Page(response)
        what, response = "GET", browser.request(urljoin(response.address, response.header("location")))


def act(demo: Demo, browsers: dict[str, Browser]) -> None:
    """Record acts of several steps: decide, confirm, send back, undo, upload, import, send and receive."""
    karen, jens, mette = (browsers[name] for name in ("medarbejder", "leder", "kit"))
    mine = open_page(karen, "/mine-breve/")
    letters = sorted({one for one, _ in mine.links if re.fullmatch(r"/brev/\d+/", one)}, key=natural_order)
    undecided = [one for one in letters[:8] if has_field(open_page(karen, one), "remedy")]
    decide(karen, jens, *undecided[:3])
    decide_many(demo, karen)
    answer_in_workbook(demo, karen)
    import_list(demo, mette)
    press(mette, open_page(mette, "/haendelse/"), "/haendelse/aabn-opfoelgning/")
    page = open_page(mette, "/beskeder/")
    preview = sorted(one for one, _ in page.links if "/forhaandsvisning/" in one)[0].partition("?")[0]
    for address in (preview, f"{preview}mail/"):
        open_page(mette, address)
    press(mette, page, "/beskeder/send/")
    demo.deliver_mails(SAMPLE_MAILS)


def has_field(page: Page, name: str) -> bool:
    return any(one.name == name for form in page.forms for one in form.fields)


def decide(karen: Browser, jens: Browser, again: str, new: str, none: str) -> None:
    """Record decisions about three letters, one first with errors. The leader confirms one and sends another back."""
    page = press(karen, open_page(karen, again), again)
    errors = {"remedy": "NEW_LETTER", "is_new_sent": "ja", "deadline_missed": "ja", "note": "Set 010101-1234"}
    page = press(karen, page, again, **errors)
    press(karen, page, again, "liste", **SETTLED | {"remedy": "RESEND", "is_resent": "ja", "note": ""})
    press(karen, open_page(karen, new), new, **SETTLED | {"remedy": "NEW_LETTER", "is_new_sent": "ja"})
    no_dispatch = {"remedy": "NO_DISPATCH", "no_dispatch_reason": "De ved det."}
    press(karen, open_page(karen, none), none, **SETTLED | no_dispatch)
    press(jens, open_page(jens, again), again + "bekraeft/")
    press(jens, open_page(jens, new), new + "tilbage/", text="Er pjecen stadig den rigtige?")
    press(karen, open_page(karen, new), new + "fasthold/", text="Ja, den gælder hele året.")
    press(karen, open_page(karen, none), none + "fortryd/")
    for address in (again, new, none):
        open_page(karen, address)


def decide_many(demo: Demo, karen: Browser) -> None:
    """Record one decision about all letters that are left, and its undoing."""
    page = open_page(karen, "/mine-breve/sammen/?alle=1")
    for _ in range(2):
        button = page.forms[-1].buttons[0][1]
        values = SETTLED | {"remedy": "RESEND", "is_resent": "ja"}
        page = press(karen, page, "/mine-breve/sammen/", button, **values)
    demo.run_workers()
    page = open_page(karen, page.address)
    press(karen, page, page.address.partition("?")[0] + "fortryd/")
    demo.run_workers()
    open_page(karen, page.address)


def answer_in_workbook(demo: Demo, karen: Browser) -> None:
    """Record the upload of the workbook of one's letters with answers: the preview, and saving."""
    book = openpyxl.load_workbook(io.BytesIO(karen.request("/mine-breve/regneark/").body))
    sheet, lists = book.worksheets[0], book["Svarlister"]
    for row in range(3, 7):
        for column, answer in {"I": "A1", "J": "B1", "M": "C2", "P": "D2"}.items():
            sheet[f"{column}{row}"] = lists[answer].value
    sheet["J6"] = "Måske"
    book.save(demo.folder / "answers.xlsx")
    page = press(karen, open_page(karen, "/regneark/"), "/regneark/", fil=demo.folder / "answers.xlsx")
    press(karen, page, "/regneark/gem/")


def import_list(demo: Demo, mette: Browser) -> None:
    """Record the import of a list: the upload, its pages, the import, and the letters that are not on the list."""
    batch = press(mette, open_page(mette, "/indlaes/"), "/indlaes/", fil=demo.folder / "list.xlsx").address
    demo.run_workers()
    page = open_page(mette, batch)
    for address in sorted(one for one, target in page.links if one.startswith(batch) and not target)[:8]:
        open_page(mette, address)
    for values in ({}, {"stemmer": "on"}):
        press(mette, page, batch + "indlaes/", **values)
    demo.run_workers()
    press(mette, open_page(mette, batch), batch + "fuld/", "ja")
    open_page(mette, batch + "ikke-paa-listen/")


if __name__ == "__main__":
    main()
