"""What a page says."""

from django.contrib.messages import get_messages
from django.urls import reverse


def page_text(response) -> str:
    """Return the page with single spaces."""
    return " ".join(response.content.decode().split())


def letter_text(client, letter, name="letter") -> str:
    """Return the letter's page, or another page about the letter."""
    return client.get(reverse(name, args=[letter.pk])).text


def message_texts(response) -> list[str]:
    if response.context is None:  # a redirect
        return [str(message) for message in get_messages(response.wsgi_request)]
    return [str(message) for message in response.context["messages"]]
