"""A small IMAP server with one mailbox: the part of RFC 3501 that fetching needs."""

import re
import socketserver
import threading
from dataclasses import dataclass, field

#: the arrival time of every mail
CAME = "13-Jan-2020 09:30:00 +0100"


@dataclass
class Box:
    """`mails`: the bytes by UID; `seen`: the marked UIDs; `deaf_to`: commands that are refused."""

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    deaf_to: str = ""

    def put(self, raw: bytes) -> None:
        self.mails[max(self.mails, default=100) + 1] = raw


class Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.say("* OK ready")
        for line in iter(self.rfile.readline, b""):
            tag, _, rest = line.decode().strip().partition(" ")
            self.server.box.said.append(rest)
            if self.server.box.deaf_to and self.server.box.deaf_to in rest:
                self.say(f"{tag} NO not now")
                continue
            if not self.answer(rest):
                self.say(f"{tag} BAD what")
                continue
            self.say(f"{tag} OK done")
            if rest.startswith("LOGOUT"):
                return

    def answer(self, rest: str) -> bool:
        box = self.server.box
        if rest.startswith("CAPABILITY"):
            self.say("* CAPABILITY IMAP4rev1")
        elif rest.startswith("LOGIN"):
            return rest == 'LOGIN kit "hemmeligt kodeord"'
        elif rest.startswith("SELECT"):
            self.say(f"* {len(box.mails)} EXISTS")
        elif rest.startswith("UID SEARCH UNSEEN"):
            self.say(" ".join(["* SEARCH", *(str(uid) for uid in box.mails if uid not in box.seen)]))
        elif match := re.match(r"UID FETCH (\d+) \(INTERNALDATE BODY\.PEEK\[\]<0\.(\d+)>\)", rest):
            raw = box.mails[int(match[1])][: int(match[2])]
            self.say(f'* 1 FETCH (UID {match[1]} INTERNALDATE "{CAME}" BODY[]<0> {{{len(raw)}}}')
            self.wfile.write(raw + b")\r\n")
        elif match := re.match(r"UID STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", rest):
            box.seen.add(int(match[1]))
        else:
            return rest.startswith("LOGOUT")
        return True

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.box = Box()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"imap://kit:hemmeligt%20kodeord@127.0.0.1:{self.server_address[1]}/INBOX"
