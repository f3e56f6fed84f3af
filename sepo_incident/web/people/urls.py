"""URLs of the search and of the pages about a person and a unit."""

from django.urls import path

from followups.boards.views import add_tab
from sepo_incident.web.people import people_list, views

add_tab("unit_page", "Om enheden")
urlpatterns = [
    path("personer/", people_list.people_list, name="people"),
    path("soeg/", views.search, name="search"),
    path("person/<int:pk>/", views.person, name="person"),
    path("enhed/<int:pk>/om/", views.unit_page, name="unit_page"),
]
