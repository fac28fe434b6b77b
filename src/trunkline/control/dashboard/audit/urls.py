from django.urls import path

from trunkline.control.dashboard.audit import views

urlpatterns = [
    path("audit/", views.audit, name="audit"),
    path("audit.csv", views.as_csv, name="audit-csv"),
]
