"""Pages of signing in and out, and the front page of every role."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.internal.flows.logout import logout
from allauth.account.internal.stagekit import clear_login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from allauth.account.views import ConfirmLoginCodeView, LoginView, RequestLoginCodeView
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from sepo_incident.accounts import impersonation
from sepo_incident.accounts.models import Membership
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.accounts.sign_in import sessions
from sepo_incident.accounts.sign_in.forms import CodeForm, CodeRequestForm, PasswordForm

Role = Membership.Role

#: The front page of every role; the first role that the user holds wins.
FRONT_PAGES = [
    (Role.KIT_ADMIN, "incident"),
    (Role.DIT_SUPPORT, "escalations"),
    (Role.COORDINATOR, "boards"),
    (Role.LEADER, "boards"),
    (Role.HR, "escalations"),
    (Role.ADVISER, "breach_register"),
    (Role.READER, "boards"),
]
CODE_GONE = "kode-udloebet"  # in the address of the sign-in page


@method_decorator(login_not_required, name="dispatch")
class CodeRequestView(RequestLoginCodeView):
    """Send a code to the address; the front page of the roof is this page with more on it."""

    form_class = CodeRequestForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead to the page for the code if a code is on its way. A POST asks for another code."""
        if request.method == "POST" and not settings.SIGN_IN_CODES:
            return redirect("account_login")
        if request.method == "POST" and request.user.is_anonymous:
            clear_login(request)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: CodeRequestForm) -> HttpResponse:
        sessions.remember_unsaved_form(self.request)
        return super().form_valid(form)


class CodeView(ConfirmLoginCodeView):
    form_class = CodeForm
    template_name = "accounts/sign_in_code.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        if self._action != "resend":
            kwargs["counted_as"] = f"{self._process.state['email']} {self._process.state['at']}"
        return kwargs

    def _verify_form_valid(self, form: CodeForm) -> HttpResponse:
        """Sign the person in, once for a code that is sent several times at the same moment."""
        if not ratelimit.consume(self.request, app="allauth.account", action="use_login_code", key=form.counted_as):
            return redirect("home")
        counted = {"request_login_code": settings.CODES_UNTIL_ONE_IS_ENTERED}
        email = self._process.state["email"].lower()
        ratelimit.clear(self.request, app="allauth.account", action="request_login_code", config=counted, key=email)
        return super()._verify_form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        minutes = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60
        return super().get_context_data(**kwargs) | {"minutes": minutes}


@login_not_required
def confirm_code(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code that was sent from this browser. Without such a code, lead back to the sign-in page.

    Nothing is written to a session without a code: the second of two clicks comes after the first has signed the user
    in, and would sign the user out.
    """
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    process = LoginCodeVerificationProcess.resume(stage) if stage else None
    # a code that was mailed to an address that has been corrected since does not work
    is_in_force = process and (not process.user or process.user.email.lower() == process.state["email"].lower())
    if request.user.is_authenticated or is_in_force:
        return CodeView.as_view()(request)
    clear_login(request)
    onward = {CODE_GONE: "ja", "next": request.GET.get("next", "")}
    return redirect(f"{reverse('sign_in')}?{urlencode(onward)}")


class PasswordView(LoginView):
    form_class = PasswordForm
    template_name = "accounts/sign_in_password.html"

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        sessions.remember_unsaved_form(self.request)
        return super().form_valid(form)


@login_not_required
@require_POST
def begin_again(request: HttpRequest) -> HttpResponse:
    """Forget the code that was asked for, so that another address can be typed."""
    clear_login(request)
    return redirect("sign_in")


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign the user out. A user whose session has expired already gets the same page."""
    impersonation.end_impersonation(request)
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@require_POST
def stop_impersonation(request: SignedInRequest) -> HttpResponse:
    """End the impersonation and redirect to the viewer's own page from before."""
    return redirect(impersonation.end_impersonation(request) or "home")


def redirect_to_front_page(request: SignedInRequest) -> HttpResponse:
    """Redirect to the front page of the user's first role in `FRONT_PAGES`, or to Mine breve."""
    for role, page in FRONT_PAGES:
        if role in request.user.roles:
            return redirect(page)
    return redirect("my_letters")
