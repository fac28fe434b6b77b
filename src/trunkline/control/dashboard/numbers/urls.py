from django.urls import path

from trunkline.control.dashboard.numbers import views

urlpatterns = [
    path("numbers/", views.numbers, name="numbers"),
    path("numbers/<str:digits>", views.number, name="number"),
    path("numbers/<str:digits>/forward", views.forward, name="forward"),
    path("numbers/<str:digits>/forward/change", views.change, name="forward-change"),
    path("numbers/<str:digits>/forward/check", views.check, name="forward-check"),
]
