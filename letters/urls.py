"""KIT's import pages and the work list."""

from django.urls import path

from letters.views import batch, categories, check, columns, imports, new_units, people, revision, rows, worklist

urlpatterns = [
    path("indlaes/", imports.imports, name="imports"),
    path("indlaes/<int:pk>/", imports.import_batch, name="import_batch"),
    path("indlaes/<int:pk>/kolonner/", columns.import_columns, name="import_columns"),
    path("indlaes/<int:pk>/stop/", imports.stop_batch, name="stop_batch"),
    path("indlaes/<int:pk>/indlaes/", check.commit_batch, name="commit_batch"),
    path("indlaes/<int:pk>/enheder/", new_units.new_units, name="new_units"),
    path("indlaes/<int:pk>/afviste.xlsx", rows.rejected_rows, name="rejected_rows"),
    path("indlaes/<int:pk>/raekke/<int:row_pk>/", rows.import_row, name="import_row"),
    path("indlaes/<int:pk>/kasser/", check.discard_batch, name="discard_batch"),
    path("indlaes/<int:pk>/aendringer/", revision.revision, name="revision"),
    path("indlaes/<int:pk>/fuld/", batch.mark_full, name="mark_full"),
    path("indlaes/<int:pk>/ikke-paa-listen/", batch.missing, name="missing"),
    path("indlaes/<int:pk>/breve/<slug:what>/", batch.batch_letters, name="batch_letters"),
    path("indlaes/<int:pk>/fortryd/", batch.undo_batch, name="undo_batch"),
    path("personer/", people.people, name="people"),
    path("personer/<int:pk>/", people.staff_import, name="staff_import"),
    path("personer/<int:pk>/gem/", people.save_staff, name="save_staff"),
    path("personer/<int:pk>/kasser/", people.discard_staff, name="discard_staff"),
    path("emneomraader/", categories.categories, name="categories"),
    path("emneomraader/ny/", categories.new_category_rule, name="new_category_rule"),
    path("emneomraader/skifter/", categories.category_changes, name="category_changes"),
    path("emneomraader/koer/", categories.run_category_rules, name="run_category_rules"),
    path("emneomraader/<int:pk>/", categories.category_rule, name="category_rule"),
    path("emneomraader/<int:pk>/slet/", categories.delete_category_rule, name="delete_category_rule"),
    path("emneomraader/<int:pk>/flyt/", categories.move_category_rule, name="move_category_rule"),
    path("mangler-ansvarlig/", worklist.unassigned, name="unassigned"),
    path("mangler-ansvarlig/<slug:what>/<int:pk>/", worklist.unassigned_group, name="unassigned_group"),
]
