"""URLs of Koncern IT's pages about access."""

from django.urls import path

from sepo_incident.accounts.access import access_page, roles_page

urlpatterns = [
    path("person/<int:pk>/adgang/", access_page.person_access, name="person_access"),
    path("person/<int:pk>/adgang/giv/", access_page.give_role, name="give_role"),
    path("person/<int:pk>/adgang/rolle/<int:membership_pk>/fjern/", access_page.take_role, name="take_role"),
    path("person/<int:pk>/adgang/nyt-login/<int:refused_pk>/", access_page.approve_identity, name="approve_identity"),
    path("person/<int:pk>/adgang/log-ud/", access_page.sign_out_person, name="sign_out_person"),
    path("person/<int:pk>/adgang/fjern-noegler/", access_page.remove_keys, name="remove_keys"),
    path("roller/", roles_page.roles, name="roles"),
    path("roller/grupper/", roles_page.group_roles, name="group_roles"),
    path("roller/grupper/<int:pk>/fjern/", roles_page.take_group_role, name="take_group_role"),
]
