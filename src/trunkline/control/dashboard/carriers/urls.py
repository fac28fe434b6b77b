from django.urls import path

from trunkline.control.dashboard.carriers import views

urlpatterns = [
    path("carriers/", views.carriers, name="carriers"),
    path("carriers/add", views.add, name="carrier-add"),
    path("carriers/<str:name>/edit", views.edit, name="carrier-edit"),
    path("carriers/<str:name>/enable", views.enable, name="carrier-enable"),
    path("carriers/<str:name>/disable", views.disable, name="carrier-disable"),
    path("carriers/<str:name>/remove", views.remove, name="carrier-remove"),
]
