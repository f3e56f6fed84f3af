"""The adapter of django-allauth that hands its mails to the mail workers: codes, and changes of access."""

from typing import Any

from allauth.account.internal.userkit import filter_users_by_email

from notifications.models import Kind, SignInCode
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.accounts.sign_in.adapter import SignInAdapter
from sepo_incident.core import task_queue

ACCESS_TEXT = """{by} har ændret adgangen for {holder}.

{what}
Begrundelse: {reason}

Er det forkert? Så ret det i systemet under Personer, Roller, og tal med {by}.
"""


class MailAdapter(SignInAdapter):
    """Put the mails of accounts in the queues: a code that django-allauth wants to mail, and a change of access."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the mail in its queue and wake a worker. The library's other mails are not sent."""
        if template_prefix == "access_changed":
            change = context["change"]
            by = change.by.name if change.by else "Driften"
            text = ACCESS_TEXT.format(by=by, holder=change.holder, what=change.what, reason=change.reason)
            enqueue_standalone_mail(Kind.ACCESS_CHANGED, context["to"], f"Ændret adgang: {change.holder}", text)
        elif "code" in context:
            user = filter_users_by_email(email, is_active=True, prefer_verified=True, for_login=True)[0]
            SignInCode.objects.create(user=user, address=user.email, code=context["code"])
            task_queue.enqueue_on_commit("notifications.tasks.send_sign_in_codes")
