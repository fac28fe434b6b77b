"""The WSGI application. `control.setup` must have run."""

from collections.abc import Callable

from django.conf import settings as django_settings
from django.core.wsgi import get_wsgi_application

from trunkline.settings import Settings

SMTP = "django.core.mail.backends.smtp.EmailBackend"
HSTS_SECONDS = 365 * 86400


def make(settings: Settings, secret: str) -> Callable:
    """`secret` keys what is signed: the same on all nodes, or a session ends at another node."""
    configure(settings, secret)
    return get_wsgi_application()


def configure(settings: Settings, secret: str) -> None:
    web, mail = settings.web, settings.mail
    server = {
        "host": mail.host,
        "port": mail.port,
        "username": mail.username,
        "password": mail.password,
        "use_tls": mail.tls == "starttls",
        "use_ssl": mail.tls == "tls",
        "timeout": 20,
    }
    django_settings.MAILERS = {"default": {"BACKEND": SMTP, "OPTIONS": server}}
    addresses = {settings.sip_address, settings.sip_advertised, settings.web_address}
    hosts = [*web.names, settings.sip.domain, *(f"[{ip}]" if ":" in ip else ip for ip in addresses)]
    django_settings.SECRET_KEY = secret
    django_settings.ALLOWED_HOSTS = hosts
    # A browser that was told so refuses our own CA's certificate without a way around it: only with a public one.
    django_settings.SECURE_HSTS_SECONDS = HSTS_SECONDS if web.proxies else 0
