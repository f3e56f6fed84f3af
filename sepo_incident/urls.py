"""Root URL configuration. The apps list their own URLs."""

from django.conf import settings
from django.urls import include, path

from sepo_incident.web.health import health

urlpatterns = [
    path("sundhed/", health, name="health"),
    path("", include("sepo_incident.accounts.urls")),
    path("", include("sepo_incident.web.help_pages")),
    path("", include("letters.urls")),
    path("", include("followups.urls")),
    path("", include("notifications.urls")),
]
if settings.DEMO:
    urlpatterns += [path("demo/", include("sepo_incident.demo.urls"))]

handler400 = "sepo_incident.web.error_pages.bad_request"
handler403 = "sepo_incident.web.error_pages.permission_denied"
handler404 = "sepo_incident.web.error_pages.page_not_found"
handler500 = "sepo_incident.web.error_pages.server_error"
