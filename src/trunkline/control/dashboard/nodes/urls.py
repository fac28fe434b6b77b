from django.urls import path

from trunkline.control.dashboard.nodes import views

urlpatterns = [
    path("nodes/", views.nodes, name="nodes"),
    path("nodes/<str:name>/drain", views.drain, name="node-drain"),
    path("nodes/<str:name>/undrain", views.undrain, name="node-undrain"),
    path("nodes/<str:name>/forget", views.forget, name="node-forget"),
]
