from django.urls import path

from trunkline.control.dashboard.inventory import imports, views

urlpatterns = [
    path("inventory/", views.inventory, name="inventory"),
    path("inventory/change", views.change, name="inventory-change"),
    path("inventory/add", views.add, name="inventory-add"),
    path("inventory/import", imports.upload, name="import"),
    path("inventory/imports/<int:pk>", imports.progress, name="import-progress"),
    path("inventory/imports/<int:pk>/faults.csv", imports.faults, name="import-faults"),
    path("inventory/imports/<int:pk>/approve", imports.approve, name="import-approve"),
    path("inventory/imports/<int:pk>/discard", imports.discard, name="import-discard"),
]
