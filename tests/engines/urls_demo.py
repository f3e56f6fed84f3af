"""The site as it is in the demo."""

from django.urls import include, path

from sepo_incident.urls import urlpatterns as site

urlpatterns = [*site, path("demo/", include("sepo_incident.demo.urls"))]
