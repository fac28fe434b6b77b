from django.urls import path

from trunkline.control.api import reference
from trunkline.control.api.v1 import api

urlpatterns = [
    path("api/v1/", reference.page),
    path("api/v1/openapi.json", reference.openapi),
    path("api/v1/", api.urls),
]
