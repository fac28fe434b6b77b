"""A POST that is sent twice with the same Idempotency-Key is done once, and answered twice.

The answer is written in the transaction of what was done, so there is never the one without the other. Only successes
are kept: what was refused has changed nothing, and may be tried again. An answer may have a secret in it, of which the
database keeps nothing readable; so it is sealed by the secret that the request itself came with.
"""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from trunkline.control.api.callers import Caller
from trunkline.control.api.models import Answer
from trunkline.control.api.problems import Problem

KEPT = timedelta(hours=24)
LONGEST = 255
HEADERS = ("Content-Type", "Location")
NONCE = 12  # bytes


def once(request: HttpRequest, caller: Caller, perform: Callable[[], HttpResponse]) -> HttpResponse:
    """What `perform` answers, or answered when the same request came before."""
    name = request.headers.get("Idempotency-Key")
    if name is None or request.method != "POST":
        return perform()
    if not (0 < len(name) <= LONGEST and name.isascii() and name.isprintable()):
        raise Problem("invalid", f"An Idempotency-Key has 1 to {LONGEST} printable ASCII characters")
    asked = sha256(b"\n".join((request.method.encode(), request.get_full_path().encode(), request.body))).hexdigest()
    with transaction.atomic():
        Answer.objects.filter(created__lt=timezone.now() - KEPT).delete()
        kept, made = Answer.objects.get_or_create(account=caller.account, name=name, defaults={"request": asked})
        if not made:
            return _again(kept, asked, caller)
        response = perform()
        if 200 <= response.status_code < 300:
            kept.sealed = _seal(response, caller.secret, name)
            kept.save(update_fields=["sealed"])
        else:
            kept.delete()
    return response


def _again(kept: Answer, asked: str, caller: Caller) -> HttpResponse:
    if kept.request != asked:
        raise Problem("idempotency-key-reused")
    document = _open(bytes(kept.sealed), caller.secret, kept.name)
    if document is None:
        words = "That was done already, with another secret of the key, and only that secret can read the answer"
        raise Problem("conflict", words)
    headers = document["headers"] | {"Idempotency-Replayed": "true"}
    return HttpResponse(document["body"], status=document["status"], headers=headers)


def _seal(response: HttpResponse, secret: str, name: str) -> bytes:
    document = {
        "status": response.status_code,
        "headers": {header: response.headers[header] for header in HEADERS if header in response.headers},
        "body": response.content.decode(),
    }
    nonce = os.urandom(NONCE)
    return nonce + _cipher(secret, name).encrypt(nonce, json.dumps(document).encode(), None)


def _open(sealed: bytes, secret: str, name: str) -> dict | None:
    from cryptography.exceptions import InvalidTag

    try:
        return json.loads(_cipher(secret, name).decrypt(sealed[:NONCE], sealed[NONCE:], None))
    except InvalidTag:
        return None


def _cipher(secret: str, name: str):
    """AES-GCM by a key that nobody can make without the secret, which has 142 bits."""
    from cryptography.hazmat.primitives import hashes  # an import that most requests need not wait for
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=name.encode(), info=b"trunkline idempotency")
    return AESGCM(derive.derive(secret.encode()))
