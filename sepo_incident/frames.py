"""A mail as HTML in a frame of its own: no scripts, no pictures, its own styles, and only inside our pages."""

from collections.abc import Callable

from django.http import HttpResponse
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

MAIL_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.NONE],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
}


def mail_frame(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return csp_override(MAIL_CSP)(xframe_options_sameorigin(view))
