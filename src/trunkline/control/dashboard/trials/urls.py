from django.urls import path

from trunkline.control.dashboard.trials import views

urlpatterns = [
    path("numbers/<str:digits>/test", views.test, name="number-test"),
    path("numbers/<str:digits>/call", views.call, name="number-call"),
    path("trials/<int:pk>", views.trial, name="trial"),
]
