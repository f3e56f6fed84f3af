"""The proxy of the product in front of the web server of the product: slow visitors, large files, forged headers."""

import contextlib
import json
import os
import re
import select
import signal
import socket
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPSConnection
from itertools import product
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from followups.workbook.views import MAX_BYTES
from letters.importing.files import uploads
from sepo_incident.accounts.models import User
from sepo_incident.embedded import processes
from sepo_incident.embedded.paths import PROJECT
from tests.fixtures_worker import worker_environment
from tests.nginx import CONFIGURATION, Nginx
from tests.postfix import free_port, is_listening

pytestmark = pytest.mark.engines
ORDINARY_PAGE = "/log-ind/"
LONGEST_WAIT = 2.0  # seconds for an ordinary page
TIMEOUTS = {"header": 10, "body": 15}  # in proxy/nginx.conf


@pytest.fixture
def web_port(transactional_db, sink, settings, tmp_path):
    """The port of gunicorn, with the Dockerfile's command line and production settings."""
    port = free_port()
    [command] = re.findall(r"^CMD (\[.*\])$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    program = [sys.executable, "-m", *json.loads(command.replace("0.0.0.0:8000", f"127.0.0.1:{port}"))]
    env = {**os.environ, **worker_environment(settings, sink)} | {
        "DJANGO_SETTINGS_MODULE": "tests.engines.production_settings",
        "DJANGO_SECRET_KEY": settings.SECRET_KEY,
        "RECIPIENT_HASH_KEY": settings.RECIPIENT_HASH_KEY,
        "DJANGO_ALLOWED_HOSTS": "localhost",
        "SITE_URL": "https://localhost",
        "MAIL_FROM": "besked@kit.example",
        "MAIL_BOUNCE_DOMAIN": "kit.example",
        "MAIL_WATCH": "driftsvagt@kit.example",
    }
    del env["DJANGO_DEBUG"]
    log = tmp_path / "web.log"
    with log.open("wb") as output:
        process = processes.spawn(program, dies_with=signal.SIGQUIT, env=env, output=output, folder=PROJECT)
    assert processes.wait_until(lambda: is_listening(port), 20), log.read_text()
    yield port
    processes.stop_process(process, signal.SIGQUIT, 10)


@pytest.fixture
def proxy(web_port):
    with Nginx(web_port) as running:
        yield running


def visit(proxy, path=ORDINARY_PAGE, **headers):
    """Return (status, text, seconds)."""
    began = time.monotonic()
    with contextlib.closing(HTTPSConnection("localhost", proxy.port, context=proxy.tls, timeout=20)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), time.monotonic() - began


#: Two requests that a thread of the site would wait for.
BEGINNINGS = [
    b"POST /log-ind/ HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\nOrigin: https://localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\nCookie: __Host-csrftoken="
    + b"a" * 32
    + b"\r\n\r\n",  # a slow body
    b"GET /log-ind/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",  # slow headers
]


@contextlib.contextmanager
def slow_visitors(count, port, tls):
    """Hold `count` connections that send a byte a second."""
    with contextlib.ExitStack() as opened:
        visitors = []
        for number in range(count):
            plain = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
            one = opened.enter_context(tls.wrap_socket(plain, server_hostname="localhost"))
            one.sendall(BEGINNINGS[number % 2])
            visitors.append(one)
        is_over = threading.Event()

        def trickle():
            while not is_over.wait(1):
                for one in visitors:
                    with contextlib.suppress(OSError):
                        one.send(b"a")

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


def test_the_site_behind_the_proxy(web_port, proxy):
    """One pair of servers for all checks, because both are dear to start."""
    karen = Client()
    karen.force_login(User.objects.create_user("karen@buf.example", "Karen Bülow Møller"))
    session = karen.cookies["sepo_session"].value
    check_a_request_arrives_as_it_was_sent(proxy, session)
    check_long_addresses_are_answered_in_danish(proxy)
    check_long_header_of_an_answer_passes(proxy, session)
    check_no_request_hides_another(web_port, proxy)
    check_slow_visitors_do_not_stop_the_site(proxy)


def check_slow_visitors_do_not_stop_the_site(proxy):
    with slow_visitors(200, proxy.port, proxy.tls):
        waits = []
        for _ in range(3):
            status, _, seconds = visit(proxy)
            assert status == 200
            waits.append(seconds)
            time.sleep(0.4)  # until the visitors have sent another byte
    assert statistics.median(waits) < LONGEST_WAIT


def test_a_visitor_who_stops_is_cut_off():
    short = {f"client_{part}_timeout {seconds}s": f"client_{part}_timeout 1s" for part, seconds in TIMEOUTS.items()}
    with Nginx(free_port(), short) as proxy:
        for beginning in BEGINNINGS:
            with (
                socket.create_connection(("127.0.0.1", proxy.port)) as plain,
                proxy.tls.wrap_socket(plain, server_hostname="localhost") as visitor,
            ):
                visitor.sendall(beginning)
                assert select.select([visitor], [], [], 10)[0]
                with contextlib.suppress(ConnectionError):
                    assert visitor.recv(100)[:12] in (b"", b"HTTP/1.1 408")


def test_refusals_of_the_proxy_demand_https():
    with (
        Nginx(free_port()) as proxy,
        contextlib.closing(HTTPSConnection("localhost", proxy.port, context=proxy.tls, timeout=20)) as connection,
    ):
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert answer.status == 502
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def check_a_request_arrives_as_it_was_sent(proxy, session):
    """A visitor chooses neither address nor scheme, and a large file arrives."""
    forged = {"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "example.org"}
    status, text, _ = visit(proxy, "/ankomst/", **forged)
    assert (status, json.loads(text)) == (
        200,
        {"address": "127.0.0.1", "is_secure": True, "host": f"localhost:{proxy.port}"},
    )
    assert "Filen er ikke hentet her" in upload(proxy, session, 6 * 1024**2)
    assert "Filen er for stor, så intet er gemt." in upload(proxy, session, 26 * 1024**2)
    for _ in range(5):  # the site answers while the proxy is still sending
        assert "Du er ikke logget ind, så intet er gemt." in upload(proxy, "", 6 * 1024**2)


def upload(proxy, session, size):
    """Send `size` bytes of a workbook that is not ours, and return the answer."""
    token = "a" * 32
    head = f'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n--x\r\n'
    head += 'Content-Disposition: form-data; name="fil"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n'
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Cookie": f"__Host-sepo_session={session}; __Host-csrftoken={token}",
        "Origin": f"https://localhost:{proxy.port}",
    }
    rows = b"navn;enhed\r\n" * (size // 12)
    with contextlib.closing(HTTPSConnection("localhost", proxy.port, context=proxy.tls, timeout=30)) as connection:
        connection.request("POST", "/regneark/", head.encode() + rows + b"\r\n--x--\r\n", headers)
        return connection.getresponse().read().decode()


def address_of(length):
    """Return an address of `length` characters with ticked letters."""
    address = reverse("decide_my_letters") + "?valgt=1:1"
    return (address + "&valgt=1234:1" * length)[:length]


def check_long_addresses_are_answered_in_danish(proxy):
    """The sign-in leads back to the page, without its query if that is long. 8 KiB are the most for the site too."""
    line = len("GET  HTTP/1.1")
    for length in (1500, 4050, 4500, 8190 - line):
        answer = get_answer(proxy, address_of(length))
        assert answer.status == 302, length
        onward = parse_qs(urlsplit(answer.headers["Location"]).query)["next"]
        assert onward == [address_of(length) if length < 2000 else reverse("decide_my_letters")]
    for length in (8190 - line + 3, 20_000):
        answer = get_answer(proxy, address_of(length))
        assert (answer.status, "Adressen er for lang" in answer.read().decode()) == (414, True), length


def check_long_header_of_an_answer_passes(proxy, session):
    cookie = f"__Host-sepo_session={session}"
    looked_for = f"{reverse('my_letters')}?navn=010100-1234&vis={'ord+' * 1500}"
    assert len(get_answer(proxy, looked_for, Cookie=cookie).headers["Location"]) > 6000, "the CPR number is taken away"


def get_answer(proxy, path, **headers):
    """Return the answer of the proxy. The first page of a process takes long on a busy machine."""
    connection = HTTPSConnection("localhost", proxy.port, context=proxy.tls, timeout=60)
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


SMUGGLED = b"GET /ankomst/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
#: Requests whose end two servers could see in two places, and a method that sends the request back.
AMBIGUOUS = [
    b"POST /log-ind/ HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n" + body
    for head, body in (
        (b"Content-Length: 0\r\nContent-Length: %d" % len(SMUGGLED), SMUGGLED),
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: xchunked", b"0\r\n\r\n" + SMUGGLED),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", b"0\r\n\r\n" + SMUGGLED),
        (b"Content-Length : 5", b"a=b&c" + SMUGGLED),
        (b"Content-Length: +5", b"a=b&c" + SMUGGLED),
        (b"Content-Length: " + b"9" * 5000, b""),
        (b"X-A: b\r\n folded: c", b""),
        (b"X-A: \x00", b""),
    )
] + [
    b"TRACE / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\nCookie: a=b\r\n\r\n",
    b"GET /log-ind/ HTTP/1.1\r\n\r\n",
]


def send_raw(port, request, tls=None):
    """Return all that the server answers until it closes the connection or is silent."""
    with contextlib.ExitStack() as opened:
        one = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        visitor = opened.enter_context(tls.wrap_socket(one, server_hostname="localhost")) if tls else one
        visitor.sendall(request)
        answer = b""
        with contextlib.suppress(OSError):
            while select.select([visitor], [], [], 2)[0] and (more := visitor.recv(65536)):
                answer += more
    return answer


def check_no_request_hides_another(web_port, proxy):
    """The proxy and the web server refuse the same requests, so that they never see two ends in one of them."""
    asked = list(product([(proxy.port, proxy.tls), (web_port, None)], AMBIGUOUS))
    with ThreadPoolExecutor(len(asked)) as pool:  # they wait for servers that are silent
        answers = list(pool.map(lambda one: send_raw(one[0][0], one[1], one[0][1]), asked))
    for (_, request), answer in zip(asked, answers, strict=True):
        assert answer.count(b"HTTP/1.1 ") <= 1, (request, answer)
        assert not answer or int(answer[9:12]) in (400, 405, 501), (request, answer)


def test_the_proxy_lets_the_largest_files_through():
    found = re.findall(r"location (?:~ )?(\S+) \{\s*client_max_body_size (\d+)m;", CONFIGURATION.read_text())
    sizes = {route: int(size) * 1024**2 for route, size in found}
    [lists] = sizes.keys() - {"/"}
    for name in ("imports", "staff_files"):
        assert re.match(lists, reverse(name))
        assert re.match(lists, f"/haendelser/sikker-post{reverse(name)}")
    assert uploads.is_upload_too_big(sizes[lists])  # the site says so
    assert sizes["/"] > MAX_BYTES + uploads.FORM_OVERHEAD_BYTES
