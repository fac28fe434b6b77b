from django.urls import path

from trunkline.control.dashboard.accounts import views

urlpatterns = [
    path("accounts/", views.accounts, name="accounts"),
    path("accounts/add", views.add, name="account-add"),
    path("accounts/act/stop", views.stop, name="act-stop"),
    path("accounts/<str:name>/act", views.act, name="act"),
    path("accounts/<str:name>/edit", views.edit, name="account-edit"),
    path("accounts/<str:name>/enable", views.enable, name="account-enable"),
    path("accounts/<str:name>/disable", views.disable, name="account-disable"),
    path("accounts/<str:name>/end-calls", views.end_calls, name="account-end-calls"),
]
