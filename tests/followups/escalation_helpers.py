"""A question to a desk, and the acts of a desk member on the escalation page."""

from django.urls import reverse

from followups import services
from followups.models import Escalation
from followups.models.answers import DecisionAnswers
from letters.models import Letter

QUESTION = "Der er to breve med få minutter imellem. Hvem fik hvad?"


def ask_for_help(letter, by, question=QUESTION):
    services.decide(letter, DecisionAnswers(remedy="HELP", question=question), by, letter.followup.version)
    return Escalation.objects.latest("pk")


def reload_letter(letter):
    """Return the letter as stored now."""
    return Letter.objects.select_related("followup").get(pk=letter.pk)


def post_act(client, name, escalation, **posted):
    return client.post(reverse(name, args=[escalation.pk]), posted, follow=True)


def post_answer(client, escalation, text="Send det sidste brev.", kind="answer", **posted):
    return post_act(client, "answer_escalation", escalation, kind=kind, text=text, **posted)


def queue_titles(response):
    return [row.title for row in response.context["queue"]]


def entry_kinds(escalation):
    return [entry.kind for entry in escalation.entries.all()]
