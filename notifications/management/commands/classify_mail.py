"""`manage.py classify_mail FILE… [--json]`: classify mail files and print the verdicts. Nothing is saved.

Needs neither database nor incident. With `--json` every file gives one object on one line: `{"file", "kind",
"recipients": [{"address", "outcome", "status", "reason", "spam"}], "message_id", "token"}`, with the values of
`Verdict` and `Outcome`. Exits 1 if a file cannot be opened; the remaining files are classified anyway.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from notifications.mail_classifier import Verdict, classify
from sepo_incident.core import cpr

KINDS = {
    "bounce": "kom ikke frem",
    "delay": "er forsinket",
    "delivered": "er leveret",
    "relayed": "er sendt videre uden kvittering",
    "auto_reply": "automatisk svar",
    "challenge": "beder afsenderen bekræfte, at han er et menneske",
    "complaint": "meldt som spam af modtageren",
    "human": "svar fra et menneske",
    "other": "siger intet om en mail",
}
FATES = {"failed": "ikke leveret", "delayed": "forsinket", "delivered": "leveret", "relayed": "sendt videre"}


class Command(BaseCommand):
    help = "Fortæller, hvad mails, der er kommet tilbage, siger om hvilke modtagere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", metavar="FIL")
        parser.add_argument("--json", action="store_true", help="skriv et JSON-objekt pr. fil og intet andet")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        unread = []
        for file in files:
            try:
                if not file.is_file():  # a folder has no mail, and a pipe or device never ends
                    raise FileNotFoundError(file)
                verdict = classify(file.read_bytes())
            except OSError:
                unread.append(f"Filen »{cpr.mask(str(file))}« kan ikke åbnes. Kontrollér navnet og mappen.")
            else:
                self.stdout.write(json.dumps(_as_json(file, verdict)) if options["json"] else _as_text(file, verdict))
        if unread:
            raise CommandError("\n".join(unread))


def _as_json(file: Path, verdict: Verdict) -> dict[str, Any]:
    recipients = [asdict(one) for one in verdict.recipients]
    for recipient in recipients:
        recipient["spam"] = recipient.pop("is_spam")
    return {
        "file": str(file),
        "kind": verdict.kind,
        "recipients": recipients,
        "message_id": verdict.message_id,
        "token": verdict.token,
    }


def _as_text(file: Path, verdict: Verdict) -> str:
    away = f" (væk til {verdict.away_until:%d.%m.%Y})" if verdict.away_until else ""
    lines = [f"{cpr.mask(file.name)}: {KINDS[verdict.kind]}{away}"]
    for one in verdict.recipients:
        spam = " som spam" if one.is_spam and one.outcome == "failed" else ""
        said = " ".join(filter(None, [one.status, one.reason]))
        lines.append(f"  {one.address}: {FATES[one.outcome]}{spam}" + (f" – {said}" if said else ""))
    return "\n".join(lines)
