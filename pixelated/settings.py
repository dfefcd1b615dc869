"""Django's settings. Importing them needs no running service; what is missing is said when it is used.

Everything that differs between places comes from the environment (`pixelated.environment`).
"""

import secrets

from django.core.exceptions import ImproperlyConfigured

from pixelated import environment

BASE_DIR = environment.ROOT
DATA_DIR = environment.data_dir()
PRODUCTION = environment.is_production()
DEBUG = environment.text("PIXELATED_DEBUG") == "1"
DEMO_ALLOWED = not PRODUCTION

SECRET_KEY = environment.text("PIXELATED_SECRET_KEY")
if PRODUCTION and (len(SECRET_KEY) < 40 or SECRET_KEY.startswith("development-")):
    raise ImproperlyConfigured("Set PIXELATED_SECRET_KEY to a random key of 40 characters or more.")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("PIXELATED_DEBUG must not be set in production.")
if not SECRET_KEY:
    SECRET_KEY = f"development-{secrets.token_urlsafe(40)}"

ALLOWED_HOSTS = environment.text("PIXELATED_HOSTS", "" if PRODUCTION else "127.0.0.1,localhost,[::1]").split(
    ","
)
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if PRODUCTION else []

INSTALLED_APPS = [
    "daphne",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "apps.core",
    "apps.vault",
    "apps.audit",
    "apps.accounts",
    "apps.scenarios",
    "apps.encounters",
    "apps.safety",
    "apps.practice",
    "apps.chat",
    "apps.api",
    "apps.oversight",
]

MIDDLEWARE = [
    "apps.core.middleware.Unavailable",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "apps.audit.middleware.AuditContext",
    "apps.api.middleware.ApiShape",
    "apps.core.bodies.WholeBody",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.accounts.middleware.WhoActs",
]

ROOT_URLCONF = "pixelated.urls"
ASGI_APPLICATION = "pixelated.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.accounts.context.person",
            ],
        },
    }
]

# Database: two roles. `default` may not change tables and owns nothing; `owner` is used by `migrate` alone.
WEB_POOL = {"min_size": 1, "max_size": int(environment.text("PIXELATED_DATABASE_POOL", "12")), "timeout": 1}
DATABASES = {
    "default": environment.database("DATABASE_URL", pool=WEB_POOL),
    "owner": environment.database("DATABASE_OWNER_URL", pool=None),
}
DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis: cache and limits, the socket's control events, Celery's broker.
REDIS_PLACE = environment.redis_place()
CACHES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
CHANNEL_LAYERS: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
if REDIS_PLACE:
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_PLACE.url,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
    # socket_timeout None: redis-py 8 would drop an idle subscription after five seconds.
    CHANNEL_LAYERS["default"] = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_PLACE.url, "socket_timeout": None, "socket_connect_timeout": 1}],
        },
    }
CELERY_BROKER_URL = REDIS_PLACE.celery_url if REDIS_PLACE else "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 1}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A batch may take minutes: it has a queue of its own, so that no sweep waits for one.
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_ROUTES = {"api.answer_batches": {"queue": "batches"}}
CELERY_BEAT_SCHEDULE = {
    "sweep-abandoned-turns": {
        "task": "encounters.sweep_abandoned_turns",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "answer-batches": {"task": "api.answer_batches", "schedule": 5.0, "options": {"expires": 5}},
    "send-webhooks": {"task": "api.send_webhooks", "schedule": 5.0, "options": {"expires": 5}},
    "forget-batches": {"task": "api.forget_batches", "schedule": 300.0, "options": {"expires": 300}},
}

# The inference worker.
INFERENCE_URL = environment.text("INFERENCE_URL", "http://127.0.0.1:8100")
WORKER_SECRET = environment.text("PIXELATED_WORKER_SECRET")
ENGINE = environment.text("PIXELATED_ENGINE", "worker")
# Whether the worker speaks with the small model that comes with the product: its words are held to more.
BUNDLED_MODEL = not environment.text("PIXELATED_MODEL")
# From which distance to the nearest line that does what is planned words count as something else, by who speaks: the
# model as it is, or the adapter on it. It says little of single words: of the library's own lines, 93 % are farther
# than 0.45 from twelve others of the same client and act and 99 % of those of another act; with 0.75 it is 20 % and
# 43 %. Of 63 replies of the client's adapter that one of us read beside what they answered, 26 were nearer than 0.62
# and 22 of those fitted; of the 37 farther ones 16 did. With 0.55, 18 of 62 replies were its own, and 15 of those
# fitted. Of 60 of the companion's read blind, none did its plan well and 13 to 19 would have hurt
# (`inference/README.md`): hardly any is shown, its authored lines speak.
STRAYS_FROM = {"bare": 0.45, "client": 0.55, "companion": 0.2}
# How long a turn waits for the worker's detectors; then what the lexical screen saw stands.
ASSESS_LIMIT_S = float(environment.text("PIXELATED_ASSESS_LIMIT_MS", "300")) / 1000
# The service outside that may word replies, as people are told it; empty where the worker has none. Off until an
# organisation turns it on, and then for those alone who agreed to it by this name.
REMOTE_ENGINE = environment.text("PIXELATED_REMOTE_NAME")
# Models that /api/v1/reload-model may name, with commas; the one that speaks may always be loaded again.
API_MODELS = frozenset(filter(None, environment.text("PIXELATED_API_MODELS").split(",")))
# Webhooks go to public HTTPS addresses; on a developer's machine also to itself, by plain HTTP.
CALLBACKS_PUBLIC_ONLY = environment.text("PIXELATED_ENV", "development") != "development"
# What Prometheus sends to read /metrics; where it is unset nobody can.
METRICS_SECRET = environment.text("PIXELATED_METRICS_SECRET")

# Vault: where the root key is kept (a module of apps/vault/keys), and its file for `local_file`.
ROOT_KEY_PROVIDER = environment.text("PIXELATED_ROOT_KEY_PROVIDER", "local_file")
ROOT_KEY_FILE = environment.text("PIXELATED_ROOT_KEY_FILE", str(DATA_DIR / "keys" / "root.json"))

# People.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/start/"
ACCOUNT_SIGNUP_FORM_CLASS = "apps.accounts.forms.NameForm"
ACCOUNT_ADAPTER = "apps.accounts.adapter.InvitedOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_USER_DISPLAY = "apps.accounts.adapter.display_name"
# How many proxies of ours stand before the web process: limits count by the address the outermost one saw.
ALLAUTH_TRUSTED_PROXY_COUNT = int(environment.text("PIXELATED_PROXIES", "0"))
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Pixelated Empathy"
EMAIL_BACKEND = environment.text(
    "PIXELATED_EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend"
)
EMAIL_TIMEOUT = 10
EMAIL_FILE_PATH = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = environment.text("PIXELATED_FROM_EMAIL", "Pixelated Empathy <no-reply@localhost>")

# Sessions and transport.
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = environment.text("PIXELATED_SSL_REDIRECT", "1") == "1"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

_SELF = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": [_SELF],
        "style-src": [_SELF],
        "img-src": [_SELF, "data:"],
        "font-src": [_SELF],
        "connect-src": [_SELF],
        "form-action": [_SELF],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": [_SELF],
    }
}

STATIC_URL = "/static/"
STATIC_ROOT = environment.text("PIXELATED_STATIC_ROOT", str(DATA_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without_tokens": {"()": "pixelated.logs.WithoutTokens"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_tokens"]}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # A line for every task and every sweep would bury what matters.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
