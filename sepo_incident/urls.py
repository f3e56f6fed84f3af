"""Every address in one list; each app keeps its own."""

from django.conf import settings
from django.urls import include, path

from sepo_incident.health import health

urlpatterns = [
    path("sundhed/", health, name="health"),
    path("", include("sepo_incident.accounts.urls")),
    path("", include("sepo_incident.help_urls")),
    path("", include("letters.urls")),
    path("", include("followups.urls")),
    path("", include("notifications.urls")),
]
if settings.DEMO:
    urlpatterns += [path("demo/", include("sepo_incident.demo.urls"))]

handler400 = "sepo_incident.errors.bad_request"
handler403 = "sepo_incident.errors.permission_denied"
handler404 = "sepo_incident.errors.page_not_found"
handler500 = "sepo_incident.errors.server_error"
