from django.urls import path

from trunkline.control.dashboard.overview import views

urlpatterns = [path("", views.overview, name="overview")]
