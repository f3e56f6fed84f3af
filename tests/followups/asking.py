"""A question to a desk, and what somebody there does with it on its page."""

from django.urls import reverse

from followups import services
from followups.models import Escalation
from followups.models.answers import DecisionAnswers
from letters.models import Letter

QUESTION = "Der er to breve med få minutter imellem. Hvem fik hvad?"


def ask(letter, by, question=QUESTION):
    services.decide(letter, DecisionAnswers(remedy="HELP", question=question), by, letter.followup.version)
    return Escalation.objects.latest("pk")


def as_it_is(letter):
    """The letter as it is now."""
    return Letter.objects.select_related("followup").get(pk=letter.pk)


def act(client, name, escalation, **posted):
    return client.post(reverse(name, args=[escalation.pk]), posted, follow=True)


def answer(client, escalation, text="Send det sidste brev.", kind="answer", **posted):
    return act(client, "answer_escalation", escalation, kind=kind, text=text, **posted)


def titles(response):
    return [row.title for row in response.context["queue"]]


def said(response):
    return [str(message) for message in response.context["messages"]]


def kinds(escalation):
    return [entry.kind for entry in escalation.entries.all()]
