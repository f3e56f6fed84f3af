"""The adapter of django-allauth that hands the mail with a code to the mail workers."""

from typing import Any

from allauth.account.internal.userkit import filter_users_by_email

from notifications.models import SignInCode
from sepo_incident.accounts.sign_in.adapter import SignInAdapter
from sepo_incident.core import task_queue


class CodeMailAdapter(SignInAdapter):
    """Store the code that django-allauth wants to mail, for the queue of codes."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the mail with a code in the queue and wake a worker. The library's other mails are not sent."""
        if "code" not in context:
            return
        user = filter_users_by_email(email, is_active=True, prefer_verified=True, for_login=True)[0]
        SignInCode.objects.create(user=user, address=user.email, code=context["code"])
        task_queue.enqueue_on_commit("notifications.tasks.send_sign_in_codes")
