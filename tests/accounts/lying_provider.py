"""An OpenID Connect provider whose tokens can be made wrong. It asks nobody anything."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
PUBLIC_PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def number(value: int) -> str:
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).decode().rstrip("=")


class LyingProvider:
    """`claims`: what the token says instead of the truth; None leaves a claim out. `sign`: makes the token."""

    def __init__(self) -> None:
        self.claims: dict = {}
        self.userinfo: dict = {}
        self.sign = lambda claims: jwt.encode(claims, KEY, "RS256", headers={"kid": "1"})
        self.nonce = ""

    def __enter__(self) -> "LyingProvider":
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                answer(self)

            def log_message(self, *said: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        page = urlsplit(request.path)
        if page.path == "/auth":
            asked = {name: values[0] for name, values in parse_qs(page.query).items()}
            self.nonce = asked["nonce"]
            request.send_response(302)
            onward = urlencode({"code": "en-kode", "state": asked["state"]})
            request.send_header("Location", f"{asked['redirect_uri']}?{onward}")
            request.end_headers()
            return
        said = json.dumps(self.pages()[page.path]).encode()
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.end_headers()
        request.wfile.write(said)

    def pages(self) -> dict:
        public = KEY.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": number(public.n), "e": number(public.e)}
        token = {"access_token": "x", "token_type": "Bearer", "id_token": self.sign(self.told())}
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                **{f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in ENDPOINTS.items()},
                "jwks_uri": f"{self.issuer}/jwks",
            },
            "/jwks": {"keys": [key]},
            "/token": token,
            "/userinfo": {"sub": "a1"} | self.userinfo,
        }

    def told(self) -> dict:
        now = int(time.time())
        truth = {"iss": self.issuer, "sub": "a1", "aud": "opfoelgning", "iat": now, "exp": now + 300}
        truth |= {"nonce": self.nonce, "email": "karen@buf.example", "email_verified": True}
        return {name: value for name, value in (truth | self.claims).items() if value is not None}


ENDPOINTS = {"authorization": "auth", "token": "token", "userinfo": "userinfo"}
