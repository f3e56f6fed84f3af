"""The URLs of the site, and a page that tells how a request arrived."""

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.urls import path

from sepo_incident.urls import urlpatterns as site


@login_not_required
def arrival_of_request(request: HttpRequest) -> JsonResponse:
    address = get_adapter().get_client_ip(request)
    return JsonResponse({"address": address, "is_secure": request.is_secure(), "host": request.get_host()})


urlpatterns = [*site, path("ankomst/", arrival_of_request)]
