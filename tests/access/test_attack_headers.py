"""Hostile headers, hosts and cookies: refused or ignored, never a 500, and nothing leads to another site."""

from tests.access.attack_checks import active_content, describe_crash, insecure_cookies, missing_headers
from tests.access.attacker import FORM, Attacker, body_of, some, undone

EVIL = "ond.example"
HOSTS = [EVIL, f"testserver.{EVIL}", f"testserver@{EVIL}", f"{EVIL}:443", "a b", "[::1", "testserver:port", "x" * 5000]
HEADERS = [
    *[(f"HTTP_X_FORWARDED_{name}", EVIL) for name in ("HOST", "SERVER", "PREFIX", "PORT", "SCHEME")],
    ("HTTP_X_FORWARDED_PROTO", "gopher"),
    ("HTTP_X_FORWARDED_FOR", "æ, <script>alert(1)</script>"),
    ("HTTP_X_FORWARDED_FOR", "," * 5000),
    ("HTTP_FORWARDED", f"for=_x;host={EVIL};proto=https"),
    ("HTTP_X_ORIGINAL_URL", "/indlaes/"),
    ("HTTP_X_REWRITE_URL", "/indlaes/"),
    *[
        ("HTTP_REFERER", to)
        for to in (f"https://{EVIL}/", "http://[a", f"http://testserver//{EVIL}/", "javascript:alert(1)")
    ],
    *[("HTTP_ORIGIN", to) for to in ("null", f"https://{EVIL}", "http://[a")],
    *[
        (f"HTTP_HX_{name}", '"><script>alert(1)</script>')
        for name in ("REQUEST", "TARGET", "TRIGGER", "PROMPT", "BOOSTED")
    ],
    ("HTTP_HX_REQUEST", "true"),
    *[("HTTP_HX_CURRENT_URL", to) for to in (f"https://{EVIL}/", "http://[a", "javascript:alert(1)")],
    ("HTTP_TRIGGERING_EVENT", "{"),
    ("HTTP_X_UNATTENDED", "x" * 5000),
    ("HTTP_ACCEPT_LANGUAGE", "en-US,<script>;q=abc," + "x" * 5000),
    ("HTTP_ACCEPT", "\x00/*;q=x"),
    ("HTTP_ACCEPT_ENCODING", "gzip;q=\x00, br"),
    ("HTTP_RANGE", "bytes=" + "0-,-1," * 900),
    ("HTTP_IF_MODIFIED_SINCE", "Sun, 99 Foo 99999999 99:99:99 GMT"),
    ("HTTP_IF_NONE_MATCH", '"' * 500),
    ("HTTP_IF_MATCH", "*"),
    ("HTTP_USER_AGENT", "\x00<script>alert(1)</script>\r\nX: y" + "x" * 5000),
    ("HTTP_AUTHORIZATION", "Bearer eyJhbGciOiJub25lIn0.e30."),
    *[("HTTP_X_SESSION_TOKEN", "x"), ("HTTP_X_EMAIL_VERIFICATION_KEY", "x"), ("HTTP_X_CSRFTOKEN", "æ" * 99)],
    *[("CONTENT_LENGTH", length) for length in ("-1", "many", "9" * 5000, "٣", "1, 2")],
    ("HTTP_TRANSFER_ENCODING", "chunked, identity"),
    ("QUERY_STRING", "&".join(f"a{number}=1" for number in range(6000))),
    ("QUERY_STRING", "next=//" + EVIL),
    ("QUERY_STRING", f"next=https:///{EVIL}&fra=//{EVIL}&til=\\\\{EVIL}"),
    ("SCRIPT_NAME", f"//{EVIL}"),
    ("REMOTE_ADDR", ""),
]
COOKIES = [
    "sepo_session=" + "x" * 9000,
    "sepo_session=\x00",
    "sepo_session=' OR 1=1 --",
    '=;;="\\"; sepo_session',
    "a=" * 999,
]
TYPES = [
    *[f"{FORM}; charset={name}" for name in ("rot13", "utf-16", "utf-7", "idna", "undefined", '"rot13"', "x" * 3000)],
    f"{FORM}; charset*=rot13''%E6", f"{FORM}; charset=utf-8; charset=rot13", f"{FORM}; a*=idna''%E6",
    f"{FORM}; charset*=\"utf-8''rot13\"", f"{FORM}; charset*0=rot; charset*1=13", f"{FORM}; a*=nothing''b",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 300,
    "multipart/form-data; boundary=æ", "multipart/mixed; boundary=x", "application/json", "text/xml", "æ/ø", "", "/;=;",
]  # fmt: skip
#: (who, method, path): a page, the sign-in, its form, a form with a file, a page that htmx refreshes, none
REQUESTS = [
    ("karen", "GET", "/mine-breve/"),
    ("", "GET", "/log-ind/"),
    ("", "POST", "/log-ind/"),
    ("karen", "POST", "/regneark/"),
    ("", "GET", "/findes-ikke/"),
]
BODY = b"email=olga%40kk.example&next=https%3A%2F%2Fond.example%2F"


def attack(stage, person, method, path, kind=FORM, **headers):
    attacker = Attacker(stage.sessions.get(person, ""))
    with undone():
        answer = attacker.send(method, path, BODY * (method == "POST"), kind, **headers)
    what = (person, method, path, kind, headers)
    assert describe_crash(attacker, answer) == "", what
    assert active_content(answer) == [], what
    assert insecure_cookies(answer) == [], what
    return answer


def test_no_other_host_is_answered(handed_over_case):
    for turn, host in enumerate(HOSTS):
        for person, method, path in some(REQUESTS, 1, turn):
            answer = attack(handed_over_case, person, method, path, HTTP_HOST=host)
            assert answer.status_code == 400, host
            assert EVIL not in body_of(answer).decode()


def test_no_header_breaks_a_page_or_leads_away(handed_over_case):
    for turn, (header, value) in enumerate(HEADERS):
        for person, method, path in some(REQUESTS, 1, turn):
            answer = attack(handed_over_case, person, method, path, **{header: value})
            assert not answer.get("Location", "").startswith(("http", "//", "\\")), (header, value, path)
            assert answer.status_code in (200, 302, 400, 403, 404, 413, 422), (header, value, path)
            links = body_of(answer).decode().split('href="')[1:] if not answer.streaming else []
            assert not [link for link in links if link.startswith((f"http://{EVIL}", f"https://{EVIL}", f"//{EVIL}"))]


def test_no_cookie_breaks_a_page(handed_over_case):
    for turn, cookie in enumerate(COOKIES):
        for person, method, path in some(REQUESTS, 1, turn):
            answer = attack(handed_over_case, person, method, path, HTTP_COOKIE=cookie)
            assert answer.status_code in (302, 200, 403, 404)
            assert missing_headers(answer, is_signed_in=False) == []


def test_no_content_type_breaks_a_page(handed_over_case):
    for turn, kind in enumerate(TYPES):
        for person, method, path in some(REQUESTS, 1, turn):
            attack(handed_over_case, person, method, f"{path}?a=%E6", kind)
