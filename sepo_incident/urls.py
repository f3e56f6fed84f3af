"""Every address in one list; each app keeps its own."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("sepo_incident.accounts.urls")),
    path("", include("sepo_incident.help_urls")),
    path("", include("letters.urls")),
    path("", include("followups.urls")),
    path("", include("notifications.urls")),
]
if settings.DEMO:
    urlpatterns += [path("demo/", include("sepo_incident.demo.urls"))]
