"""What people have done since the mail came: some have decided, leaders have confirmed, and some asked for help."""

import random
from collections.abc import Iterator
from itertools import cycle, groupby

from followups import services
from followups.answers import HELP, Answers
from followups.models import Escalation, FollowUp
from letters.models import Incident, Letter
from letters.samples.cast import FOURTEEN_LETTERS
from sepo_incident.accounts.models import User
from sepo_incident.demo import personas

BUSY_SHARE = 0.12  # of the senders
SEED = 2020
Remedy = FollowUp.Remedy
CALM = {"deadline_missed": False, "consequence_review": FollowUp.ConsequenceReview.NONE}
RESENT = Answers(Remedy.RESEND, is_sent=True, **CALM)
TO_BE_RESENT = Answers(Remedy.RESEND, **CALM)
NEW_LETTER = Answers(Remedy.NEW_LETTER, is_sent=True, is_journalised=True, **CALM)
SPOKEN = Answers(Remedy.NO_DISPATCH, no_dispatch_reason="Vi har talt sammen, og det er aftalt.", **CALM)
OUTDATED = Answers(
    Remedy.NO_DISPATCH, no_dispatch_reason="Arrangementet er afholdt, så brevet har ingen betydning.", **CALM
)
UNSURE = Answers(
    Remedy.NEW_LETTER, deadline_missed=False, consequence_review=FollowUp.ConsequenceReview.UNKNOWN, note="Spørger PPR."
)
#: as often as they stand here
USUAL = [RESENT, RESENT, RESENT, RESENT, NEW_LETTER, NEW_LETTER, TO_BE_RESENT, SPOKEN, OUTDATED, UNSURE]
QUESTIONS = [
    "Jeg kan ikke finde mailen i Sendt post. Hvor skal jeg lede?",
    "Modtageren er flyttet til en anden kommune. Skal jeg stadig sende brevet igen?",
    "Brevet er sendt fra en fælles postkasse. Hvem af os skal sende det?",
    "Fristen for at klage er udløbet. Kan vi give en ny?",
    "Jeg har mistet adgangen til SEPO. Hvordan får jeg den igen?",
]
PERSONNEL_QUESTION = "Samtalen skulle have været holdt inden fire uger. Hvad gør vi nu?"


def live_through(incident: Incident) -> None:
    """Decide, confirm and ask through the same services as the pages, the same way every time."""
    rng = random.Random(SEED)  # noqa: S311  made-up data, not secrets
    questions = cycle(QUESTIONS)
    for sender, letters in letters_by_sender(incident):
        if sender.name == FOURTEEN_LETTERS.name:
            decide_a_few(sender, letters)
        elif rng.random() < BUSY_SHARE:
            for letter in letters:
                services.decide(letter, rng.choice(USUAL), sender, letter.followup.version)
            if rng.random() < 0.4 and letters[0].leader:
                services.confirm(letters, letters[0].leader)
        elif rng.random() < 0.004:
            ask(letters[0], sender, next(questions))
    ask_about_a_personnel_case(incident)
    take_one()


def letters_by_sender(incident: Incident) -> Iterator[tuple[User, list[Letter]]]:
    known = Letter.objects.standing().filter(incident=incident, sender__isnull=False)
    ordered = known.select_related("followup", "sender", "leader", "unit").order_by("sender_id", "sent_at", "pk")
    for _, letters in groupby(ordered, key=lambda letter: letter.sender_id):
        theirs = list(letters)
        yield theirs[0].sender, theirs  # type: ignore[misc]  the filter leaves out those without


def decide_a_few(sender: User, letters: list[Letter]) -> None:
    """The persona has begun: three of her fourteen are under way, and her leader has confirmed one."""
    pamphlet, receipt, answer = sorted(letters, key=lambda letter: letter.followup.due_on is not None)[:3]
    services.decide(pamphlet, OUTDATED, sender, pamphlet.followup.version)
    services.decide(receipt, RESENT, sender, receipt.followup.version)
    services.decide(answer, TO_BE_RESENT, sender, answer.followup.version)
    if pamphlet.leader:
        services.confirm([pamphlet], pamphlet.leader)


def ask(letter: Letter, sender: User, question: str) -> None:
    services.decide(letter, Answers(HELP, question=question), sender, letter.followup.version)


def ask_about_a_personnel_case(incident: Incident) -> None:
    open_cases = (
        FollowUp.objects.of(incident).open().filter(letter__is_personnel_case=True, letter__sender__isnull=False)
    )
    for followup in open_cases.exclude(letter__sender__name=FOURTEEN_LETTERS.name).select_related("letter__sender")[:1]:
        ask(followup.letter, followup.letter.sender, PERSONNEL_QUESTION)  # type: ignore[arg-type]


def take_one() -> None:
    """DIT has opened the oldest question."""
    dit = personas.find_by_key("dit")
    oldest = Escalation.objects.unresolved().filter(desk=Escalation.Desk.DIT).order_by("pk").first()
    if dit and oldest:
        services.take(oldest, dit)
