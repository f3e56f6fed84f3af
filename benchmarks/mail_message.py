"""The mail that every peer sends: text and HTML, one recipient in To and one in Cc."""

from __future__ import annotations

from typing import Any

SENDER = "besked@kit.example"


def multipart(subject: str, text: str, html: str, to: str, cc: str) -> Any:
    """Return the mail as a Django `EmailMultiAlternatives`."""
    from django.core.mail import EmailMultiAlternatives

    mail = EmailMultiAlternatives(subject, text, SENDER, [to], cc=[cc])
    mail.attach_alternative(html, "text/html")
    return mail
