"""KIT's import pages and the work list."""

from django.urls import path

from letters.views import check, imports, new_units, people, revision, worklist

urlpatterns = [
    path("indlaes/", imports.imports, name="imports"),
    path("indlaes/<int:pk>/", imports.import_batch, name="import_batch"),
    path("indlaes/<int:pk>/stop/", imports.stop_batch, name="stop_batch"),
    path("indlaes/<int:pk>/indlaes/", check.commit_batch, name="commit_batch"),
    path("indlaes/<int:pk>/enheder/", new_units.new_units, name="new_units"),
    path("indlaes/<int:pk>/kasser/", check.discard_batch, name="discard_batch"),
    path("indlaes/<int:pk>/aendringer/", revision.revision, name="revision"),
    path("personer/", people.people, name="people"),
    path("personer/<int:pk>/", people.staff_import, name="staff_import"),
    path("personer/<int:pk>/gem/", people.save_staff, name="save_staff"),
    path("personer/<int:pk>/kasser/", people.discard_staff, name="discard_staff"),
    path("mangler-ansvarlig/", worklist.unassigned, name="unassigned"),
    path("mangler-ansvarlig/<slug:what>/<int:pk>/", worklist.unassigned_group, name="unassigned_group"),
]
