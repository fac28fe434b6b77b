from django.urls import path

from trunkline.control.dashboard.calls import views

urlpatterns = [
    path("calls/", views.calls, name="calls"),
    path("calls.csv", views.as_csv, name="calls-csv"),
    path("calls/<str:uid>", views.call, name="call"),
]
