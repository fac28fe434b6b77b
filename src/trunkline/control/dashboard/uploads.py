"""The one form that takes a file: an operator's import of numbers. Everybody else's request stays small."""

from collections.abc import Callable

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, HttpResponse

from trunkline.control.dashboard import errors
from trunkline.control.dashboard.options import LARGEST_BODY, LARGEST_UPLOAD, UPLOADING


def largest_body(request: HttpRequest) -> int:
    """Bytes, before it is known who sends them."""
    return LARGEST_UPLOAD if request.method == "POST" and request.path == UPLOADING else LARGEST_BODY


class Uploads:
    """Comes after the user is known and before anybody reads the form, which the check for forged requests does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if largest_body(request) == LARGEST_UPLOAD:
            if request.user.is_authenticated and request.user.is_operator:
                request.upload_handlers = [MemoryFileUploadHandler(request)]
            elif int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
                return errors.too_large(request, LARGEST_BODY)
        return self._get_response(request)
