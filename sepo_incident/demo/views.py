"""Pages of the demo: sign in as a persona, and read the mails. Public, and routed in the demo only."""

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from letters.samples.sample_letters import SENDER_OF_FOURTEEN
from sepo_incident.accounts.sign_in.sessions import remember_unsaved_form
from sepo_incident.core.components import mail_frame
from sepo_incident.demo import mailbox, tour

MAILS_PER_PAGE = 25


@login_not_required
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    user = tour.find_user_by_key(request.POST.get("persona", ""))
    if user is None:
        raise Http404("Den person er ikke i prøveudgaven.")
    remember_unsaved_form(request)
    return perform_login(request, Login(user=user, redirect_url=get_next_redirect_url(request)))


@login_not_required
@require_safe
def mailbox_page(request: HttpRequest) -> HttpResponse:
    """Show the first notice to the tour's sender, and list the mails, 25 a page; `q` filters."""
    words = request.GET.get("q", "").strip()
    mails = mailbox.list_mails(words)
    page = Paginator(mails, MAILS_PER_PAGE).get_page(request.GET.get("page"))
    to = SENDER_OF_FOURTEEN.name
    oldest = next((entry for entry in reversed(mails) if entry.to.startswith(to)), None)
    first_notice = mailbox.find_mail(oldest.id) if oldest and not words and page.number == 1 else None
    context = {"page_obj": page, "words": words, "first_notice": first_notice, "first_notice_to": to}
    return render(request, "demo/mailbox.html", context)


@login_not_required
@require_safe
def mail_page(request: HttpRequest, mail_id: str) -> HttpResponse:
    return render(request, "demo/mail.html", {"mail": _mail_or_404(mail_id)})


@login_not_required
@require_safe
@mail_frame
def mail_html(request: HttpRequest, mail_id: str) -> HttpResponse:
    """Return the HTML part unchanged, for the frame on the mail's page. Links open in the surrounding window."""
    return HttpResponse(f'<base target="_top">{_mail_or_404(mail_id).html}')


def _mail_or_404(mail_id: str) -> mailbox.MailboxMail:
    found = mailbox.find_mail(mail_id)
    if found is None:
        raise Http404("Den mail er ikke i postkassen.")
    return found


urlpatterns = [
    path("log-ind/", sign_in, name="demo_sign_in"),
    path("postkasse/", mailbox_page, name="demo_mailbox"),
    path("postkasse/<slug:mail_id>/", mail_page, name="demo_mail"),
    path("postkasse/<slug:mail_id>/html/", mail_html, name="demo_mail_html"),
]
