from django.urls import path

from trunkline.control.dashboard.endpoints import views

urlpatterns = [
    path("endpoints/", views.endpoints, name="endpoints"),
    path("endpoints/add", views.add, name="endpoint-add"),
    path("endpoints/<str:name>/edit", views.edit, name="endpoint-edit"),
    path("endpoints/<str:name>/enable", views.enable, name="endpoint-enable"),
    path("endpoints/<str:name>/disable", views.disable, name="endpoint-disable"),
    path("endpoints/<str:name>/remove", views.remove, name="endpoint-remove"),
]
