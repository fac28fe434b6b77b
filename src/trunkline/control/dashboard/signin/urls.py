from django.urls import path

from trunkline.control.dashboard.signin import factor, resetting, views

urlpatterns = [
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-in/code", factor.code, name="sign-in-code"),
    path("forgotten", resetting.forgotten, name="forgotten"),
    path("reset/<str:user>/<str:token>", resetting.reset, name="reset"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("password", views.password, name="password"),
    path("second-factor", factor.second_factor_page, name="second-factor"),
    path("second-factor/begin", factor.begin, name="second-factor-begin"),
    path("second-factor/confirm", factor.confirm, name="second-factor-confirm"),
    path("second-factor/end", factor.end, name="second-factor-end"),
]
