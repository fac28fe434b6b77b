from django.urls import path

from trunkline.control.dashboard.accounts import views

urlpatterns = [
    path("accounts/", views.accounts, name="accounts"),
    path("accounts/act/stop", views.stop, name="act-stop"),
    path("accounts/<str:name>/act", views.act, name="act"),
]
