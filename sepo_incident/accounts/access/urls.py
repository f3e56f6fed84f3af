"""URLs of Koncern IT's pages about access."""

from django.urls import path

from sepo_incident.accounts.access import access_page, roles_page

urlpatterns = [
    path("person/<int:pk>/adgang/", access_page.person_access, name="person_access"),
    path("person/<int:pk>/adgang/giv/", access_page.give_role, name="give_role"),
    path("person/<int:pk>/adgang/rolle/<int:membership_pk>/fjern/", access_page.take_role, name="take_role"),
    path("person/<int:pk>/adgang/nyt-login/", access_page.approve_identity, name="approve_identity"),
    path("person/<int:pk>/adgang/<slug:act>/", access_page.end_access, name="end_access"),
    path("roller/", roles_page.roles, name="roles"),
    path("roller/grupper/", roles_page.group_roles, name="group_roles"),
    path("roller/grupper/<int:pk>/fjern/", roles_page.take_group_role, name="take_group_role"),
]
