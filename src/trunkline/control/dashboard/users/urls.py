from django.urls import path

from trunkline.control.dashboard.users import views

urlpatterns = [
    path("users/", views.users, name="users"),
    path("users/add", views.add, name="user-add"),
    path("users/<str:name>/password", views.password, name="user-password"),
    path("users/<str:name>/link", views.link, name="user-link"),
    path("users/<str:name>/reset-factor", views.reset_factor, name="user-reset-factor"),
    path("users/<str:name>/role", views.role, name="user-role"),
    path("users/<str:name>/enable", views.enable, name="user-enable"),
    path("users/<str:name>/disable", views.disable, name="user-disable"),
    path("users/<str:name>/remove", views.remove, name="user-remove"),
]
