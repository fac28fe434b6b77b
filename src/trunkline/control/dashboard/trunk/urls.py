from django.urls import path

from trunkline.control.dashboard.trunk import place, sources, views

urlpatterns = [
    path("trunk/", views.trunk, name="trunk"),
    path("trunk/ranges.txt", views.ranges_text, name="ranges-text"),
    path("trunk/ranges.json", views.ranges_json, name="ranges-json"),
    path("trunk/trunk-ca.crt", views.authority, name="authority"),
    path("trunk/sources/add", sources.add, name="source-add"),
    path("trunk/sources/remove", sources.remove, name="source-remove"),
    path("trunk/place", place.change, name="place"),
    path("trunk/keys", views.add, name="key-add"),
    path("trunk/keys/<str:name>/rotate", views.rotate, name="key-rotate"),
    path("trunk/keys/<str:name>/retire/<int:slot>", views.retire, name="key-retire"),
    path("trunk/keys/<str:name>/scope", views.scope, name="key-scope"),
    path("trunk/keys/<str:name>/enable", views.enable, name="key-enable"),
    path("trunk/keys/<str:name>/disable", views.disable, name="key-disable"),
]
