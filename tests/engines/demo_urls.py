"""The URLs of the site with the demo's pages."""

from django.urls import include, path

from sepo_incident.urls import urlpatterns as site

urlpatterns = [*site, path("demo/", include("sepo_incident.demo.views"))]
