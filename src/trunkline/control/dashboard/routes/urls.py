from django.urls import path

from trunkline.control.dashboard.routes import views

urlpatterns = [
    path("routes/", views.routes, name="routes"),
    path("routes/add", views.add, name="route-add"),
    path("routes/<int:pk>/edit", views.edit, name="route-edit"),
    path("routes/<int:pk>/remove", views.remove, name="route-remove"),
]
