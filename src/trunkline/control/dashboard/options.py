"""Django's settings for the dashboard, all but what `application.make` knows. Imports nothing of ours: `database.setup`
needs them before there are models."""

from importlib.util import find_spec
from pathlib import Path

from django.utils.csp import CSP

HERE = Path(__file__).parent
HTMX = Path(find_spec("django_htmx").origin).parent / "static" / "django_htmx"
LARGEST_BODY = 100_000  # bytes; the longest thing that anybody types here is a Forward to SIP list
LARGEST_UPLOAD = 16_100_000  # bytes; of the one form that takes a file, `imports.LARGEST` and what is around it
UPLOADING = "/inventory/import"  # its address
SESSION_SECONDS = 12 * 3600

OPTIONS = {
    "ROOT_URLCONF": "trunkline.control.dashboard.urls",
    "MIDDLEWARE": [
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.csp.ContentSecurityPolicyMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "trunkline.control.dashboard.middleware.Guard",
        "trunkline.control.api.gate.Gate",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
        "trunkline.control.dashboard.uploads.Uploads",
        "trunkline.control.dashboard.middleware.Scope",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    "TEMPLATES": [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [HERE, HERE.parent / "api"],
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.template.context_processors.csrf",
                    "django.template.context_processors.csp",
                ],
                "builtins": ["django.templatetags.static", "trunkline.control.dashboard.words"],
            },
        }
    ],
    # Users and sessions
    "LOGIN_URL": "sign-in",
    "AUTH_USER_MODEL": "users.User",
    "AUTHENTICATION_BACKENDS": ["trunkline.control.users.backend.Backend"],
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.ScryptPasswordHasher"],
    "AUTH_PASSWORD_VALIDATORS": [
        {
            "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
            "OPTIONS": {"min_length": 12},
        },
        {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
        {
            "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
            "OPTIONS": {"user_attributes": ("name",)},
        },
    ],
    "PASSWORD_RESET_TIMEOUT": 86400,  # s
    "SESSION_COOKIE_NAME": "__Host-session",  # browsers take it from this host alone, over HTTPS
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_AGE": SESSION_SECONDS,
    # Forged requests
    "CSRF_COOKIE_NAME": "__Host-csrf",
    "CSRF_COOKIE_SECURE": True,
    "CSRF_COOKIE_HTTPONLY": True,
    "CSRF_COOKIE_SAMESITE": "Lax",
    "CSRF_FAILURE_VIEW": "trunkline.control.dashboard.errors.forged",
    # What a browser may do with our pages
    "SECURE_CSP": {
        "default-src": [CSP.NONE],
        "script-src": [CSP.SELF],
        "style-src": [CSP.SELF],
        "img-src": [CSP.SELF],
        "connect-src": [CSP.SELF],
        "form-action": [CSP.SELF],
        "base-uri": [CSP.NONE],
        "frame-ancestors": [CSP.NONE],
    },
    "SECURE_REFERRER_POLICY": "same-origin",
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
    "SECURE_CONTENT_TYPE_NOSNIFF": True,
    "X_FRAME_OPTIONS": "DENY",
    # What it may send
    "DATA_UPLOAD_MAX_MEMORY_SIZE": LARGEST_BODY,
    "DATA_UPLOAD_MAX_NUMBER_FIELDS": 200,
    "FILE_UPLOAD_HANDLERS": [],  # nobody uploads anything, but for what middleware.Uploads lets pass
    "DATA_UPLOAD_MAX_NUMBER_FILES": 1,
    "FILE_UPLOAD_MAX_MEMORY_SIZE": LARGEST_UPLOAD,  # it stays in memory, and is never a file on the disk
    # Files of our own
    "STATIC_URL": "/static/",
    "WHITENOISE_USE_FINDERS": True,
    "WHITENOISE_MAX_AGE": 3600,  # s; their addresses change with the version
    "STATICFILES_FINDERS": ["django.contrib.staticfiles.finders.FileSystemFinder"],
    "STATICFILES_DIRS": [HERE / "static", ("htmx", HTMX)],
}
