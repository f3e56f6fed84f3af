"""An SMTP server for `soak_mail.py` that randomly refuses, stalls and disconnects.

Some addresses are always refused.
"""

import random
from zlib import crc32

from sepo_incident.demo.mailbox import DsnSmtp
from tests.fixtures_sink import Rule, Script, ScriptedSink

#: (probability, fault)
FAULTS = [
    (0.02, Rule("CONNECT", "421 4.3.2 For mange forbindelser")),
    (0.003, Rule("MAIL", "421 4.3.2 Lukker")),
    (0.003, Rule("MAIL", "451 4.3.0 Prøv senere")),
    (0.01, Rule("RCPT", "450 4.2.1 Postkassen er optaget")),
    (0.002, Rule("RCPT", hangs_up=True)),
    (0.005, Rule("DATA", "451 4.3.0 Prøv senere")),
    (0.001, Rule("DATA", seconds=5)),  # longer than the client's timeout
    (0.005, Rule("DOT", "451 4.3.0 Prøv senere")),
    (0.002, Rule("DOT", hangs_up=True)),
    (0.001, Rule("DOT", seconds=5)),
    (0.002, Rule("ACCEPTED", hangs_up=True)),
    (0.02, Rule("ACCEPTED", seconds=0.3)),
]
NEVER_TAKEN_ONE_IN = 50  # one address in 50


def is_never_taken(address: str) -> bool:
    """Return whether the server always refuses mails to the address."""
    return crc32(address.encode()) % NEVER_TAKEN_ONE_IN == 0


class Mood(Script):
    """A script whose rule, if any, is drawn anew at each step."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.chance = random.Random(seed)
        self.is_calm = False

    async def play(self, server: DsnSmtp, step: str, address: str = "") -> str | None:
        if step == "RCPT" and is_never_taken(address):
            return "550 5.1.1 User unknown"
        drawn = [rule for often, rule in FAULTS if rule.step == step and self.chance.random() < often]
        return await Script(drawn[:1]).play(server, step) if drawn and not self.is_calm else None


class HostileSink(ScriptedSink):
    def __init__(self, seed: int) -> None:
        super().__init__()
        self.script = self.handler.script = Mood(seed)

    @property
    def received(self) -> list[tuple[str, str]]:
        """(Message-ID, recipient) of every accepted mail, whether or not the client received the reply."""
        return [(str(mail.message["Message-ID"]), mail.rcpt_tos[0]) for mail in self.mails]
