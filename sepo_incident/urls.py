"""Root URL configuration. The apps list their own URLs."""

from django.conf import settings
from django.urls import include, path

from letters.api import endpoints

urlpatterns = [
    path("api/v1/", endpoints.urls),  # first: looking through the other addresses takes a tenth of a receipt's time
    path("", include("sepo_incident.accounts.sign_in.urls")),
    path("", include("sepo_incident.accounts.access.roles_page")),
    path("", include("sepo_incident.web.front_page")),
    path("", include("sepo_incident.web.pages")),
    path("", include("sepo_incident.web.incident_list")),
    path("", include("sepo_incident.web.people.views")),
    path("", include("letters.urls")),
    path("", include("followups.urls")),
    path("", include("notifications.urls")),
]
if settings.DEMO:
    urlpatterns += [path("demo/", include("sepo_incident.demo.views"))]

handler400 = "sepo_incident.web.pages.bad_request"
handler403 = "sepo_incident.web.pages.permission_denied"
handler404 = "sepo_incident.web.pages.page_not_found"
handler500 = "sepo_incident.web.pages.server_error"
