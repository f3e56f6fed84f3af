"""An OpenID Connect provider whose tokens can be made wrong. It asks nobody anything."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def number(value: int) -> str:
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).decode().rstrip("=")


class Answer(NamedTuple):
    body: bytes = b""
    redirect: str = ""


def start_server(answer: Callable[[str, str], Answer]) -> str:
    """Serve `answer(path, posted text)` on a free loopback port until the tests end, and return the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            posted = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            said = answer(self.path, posted)
            self.send_response(302 if said.redirect else 200)
            self.send_header("Location" if said.redirect else "Content-Type", said.redirect or "application/json")
            self.end_headers()
            self.wfile.write(said.body)

        do_POST = do_GET

        def log_message(self, *said: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


class LyingProvider:
    """`claims`: what the token says instead of the truth; None leaves a claim out."""

    def __init__(self) -> None:
        self.claims: dict = {}
        #: {path: what is answered instead}
        self.instead: dict[str, Answer] = {}
        self.issuer = start_server(self.answer)

    def answer(self, path: str, posted: str) -> Answer:
        page = urlsplit(path)
        if page.path in self.instead:
            return self.instead[page.path]
        if page.path != "/auth":
            return Answer(json.dumps(self.pages()[page.path]).encode())
        asked = {name: values[0] for name, values in parse_qs(page.query).items()}
        onward = urlencode({"code": "en-kode", "state": asked["state"]})
        return Answer(redirect=f"{asked['redirect_uri']}?{onward}")

    def pages(self) -> dict:
        public = KEY.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": number(public.n), "e": number(public.e)}
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                **{f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in ENDPOINTS.items()},
                "jwks_uri": f"{self.issuer}/jwks",
            },
            "/jwks": {"keys": [key]},
            "/token": {"access_token": "x", "token_type": "Bearer", "id_token": sign(self.told())},
            "/userinfo": {"sub": "a1"},
        }

    def told(self) -> dict:
        return self.about(**({"email": "karen@buf.example", "email_verified": True} | self.claims))

    def about(self, **claims) -> dict:
        """Return the claims of a token about a1. A claim that is None is left out."""
        now = int(time.time())
        said = {"iss": self.issuer, "sub": "a1", "aud": "opfoelgning", "iat": now, "exp": now + 300} | claims
        return {name: value for name, value in said.items() if value is not None}


def sign(claims: dict) -> str:
    return jwt.encode(claims, KEY, "RS256", headers={"kid": "1"})


ENDPOINTS = {"authorization": "auth", "token": "token", "userinfo": "userinfo", "end_session": "session/end"}
