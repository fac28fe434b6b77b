from django.urls import path

from trunkline.control.dashboard.endpoints import views

urlpatterns = [path("endpoints/", views.endpoints, name="endpoints")]
