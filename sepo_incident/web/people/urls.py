"""URLs of the search and of the pages about a person and a unit."""

from django.urls import path

from sepo_incident.web.people import people_list, views

urlpatterns = [
    path("personer/", people_list.people_list, name="people"),
    path("soeg/", views.search, name="search"),
    path("person/<int:pk>/", views.person, name="person"),
    path("enhed/<int:pk>/om/", views.unit_page, name="unit_page"),
]
