"""KIT's import pages and the work list."""

from django.urls import path

from letters import views

urlpatterns = [
    path("indlaes/", views.imports, name="imports"),
    path("indlaes/<int:pk>/", views.import_batch, name="import_batch"),
    path("indlaes/<int:pk>/indlaes/", views.commit_batch, name="commit_batch"),
    path("indlaes/<int:pk>/kasser/", views.discard_batch, name="discard_batch"),
    path("mangler-ansvarlig/", views.unassigned, name="unassigned"),
    path("mangler-ansvarlig/<slug:what>/<int:pk>/", views.unassigned_group, name="unassigned_group"),
]
