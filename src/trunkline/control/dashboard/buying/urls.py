from django.urls import path

from trunkline.control.dashboard.buying import views

urlpatterns = [
    path("numbers/buy", views.shop, name="shop"),
    path("numbers/buy/<str:digits>", views.buy, name="number-buy"),
    path("numbers/<str:digits>/release", views.release, name="number-release"),
]
