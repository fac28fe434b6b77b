from django.urls import path

from trunkline.control.dashboard.pbx import views

urlpatterns = [
    path("trunk/pbx/<str:name>", views.pbx, name="pbx"),
    path("trunk/pbx/<str:name>/archive", views.archive, name="pbx-archive"),
]
