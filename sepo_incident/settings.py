"""Django settings. Everything that differs between installations comes from the environment (docs/operations.md).

Three modes: production (the default: every secret must be given), `DEMO=1` (loopback addresses only, personas as
sign-in buttons, bundled engines) and `DJANGO_DEBUG=1` (a developer's machine and the tests).
"""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from sepo_incident import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DJANGO_DEBUG", default=False)
DEMO = env.bool("DEMO", default=False)
LOCAL = DEBUG or DEMO
SHORTEST_SECRET = 32
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
#: Owner of a demo that runs on this machine: commands beside the demo use the site and the mailbox of the demo.
RUNNING_DEMO = embedded.current_owner() if LOCAL else None


def secret(name: str) -> str:
    """Return a secret from the environment; raise ImproperlyConfigured if the secret is shorter than 32 characters.

    Under a short key the hashed CPR numbers could be guessed.
    """
    value: str = env.str(name)
    if len(value) < SHORTEST_SECRET:
        raise ImproperlyConfigured(f"{name} must be at least {SHORTEST_SECRET} characters of randomness.")
    return value


# --- Hosts and secrets --------------------------------------------------------------------------------------------
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=LOOPBACK if LOCAL else environ.Env.NOTSET)
if DEMO and not set(ALLOWED_HOSTS) <= set(LOOPBACK):
    raise ImproperlyConfigured("DEMO=1 opens the door to everybody, so it only runs on loopback addresses.")
LOCAL_SITE = (RUNNING_DEMO and RUNNING_DEMO.url) or "http://127.0.0.1:8000"
SITE_URL = env.str("SITE_URL", default=LOCAL_SITE if LOCAL else environ.Env.NOTSET).rstrip("/")
#: Where people write for help, unless the incident or their administration has an address of its own.
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="DIT@buf.kk.dk")
CSRF_TRUSTED_ORIGINS = env.list("DJANGO_CSRF_TRUSTED_ORIGINS", default=[])
SECRET_KEY = embedded.local_secret("django") if LOCAL else secret("DJANGO_SECRET_KEY")
# Recipients in SEPO are CPR numbers. Only an HMAC under this key is stored.
RECIPIENT_HASH_KEY = embedded.local_secret("recipients") if LOCAL else secret("RECIPIENT_HASH_KEY")

# --- Apps ---------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "crispy_forms",
    "django_filters",
    "django_htmx",
    "ninja",  # serves the files of its own page
    "pgtrigger",
    "sepo_incident.audit",
    "sepo_incident.accounts",
    "letters",
    "followups",
    "notifications",
    "sepo_incident.demo",
]
MIDDLEWARE = [
    "sepo_incident.core.logs.RequestLogMiddleware",
    "letters.api.errors.JsonErrorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "sepo_incident.web.middleware.RefuseOtherMethodsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sepo_incident.web.incident_routing.IncidentAddressMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "sepo_incident.web.middleware.RefuseLargeBodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sepo_incident.accounts.sign_in.sessions.SessionTimeoutMiddleware",
    "sepo_incident.accounts.sign_in.sessions.NoStoreMiddleware",
    "sepo_incident.accounts.sign_in.sessions.SignInRequiredMiddleware",
    "sepo_incident.accounts.sign_in.second_factor.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "sepo_incident.accounts.impersonation.ImpersonationMiddleware",
    "sepo_incident.web.middleware.RemoveCprFromUrlMiddleware",
    "sepo_incident.web.middleware.PageOfButtonMiddleware",
    "sepo_incident.web.incident_routing.IncidentOfPageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "sepo_incident.urls"
WSGI_APPLICATION = "sepo_incident.wsgi.application"
CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.template.context_processors.csp",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "sepo_incident.web.menu.page_context",
]
TEMPLATES = [
    {
        "BACKEND": "sepo_incident.core.jinja.Pages",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # the templates of Django's form controls
        "NAME": "pages",
        "OPTIONS": {
            "environment": "sepo_incident.core.jinja.environment",
            "context_processors": CONTEXT_PROCESSORS,
        },
    },
    # the templates that packages bring
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "dkfds"
CRISPY_TEMPLATE_PACK = "dkfds"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- PostgreSQL ---------------------------------------------------------------------------------------------------
BUNDLED_DATABASE = LOCAL and not env.str("DATABASE_URL", default="")
DATABASE: dict[str, Any] = embedded.database_settings() if BUNDLED_DATABASE else env.db_url("DATABASE_URL")
DATABASES = {
    "default": {
        **DATABASE,
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # The counts of a board with 100.000 letters fit in this memory. PostgreSQL's own 4 MB makes it sort on disk.
        "OPTIONS": {"options": "-c work_mem=16MB", **DATABASE.get("OPTIONS", {})},
    }
}
DATABASE_HOST = str(DATABASES["default"]["HOST"])
if DEMO and not (DATABASE_HOST.startswith("/") or DATABASE_HOST in ("", "::1", *LOOPBACK)):
    raise ImproperlyConfigured("DEMO=1 only uses a database on this machine. Remove DATABASE_URL, or switch DEMO off.")
#: The role in PostgreSQL of the site and the workers, which `migrate` gives its privileges.
RUNTIME_ROLE = env.str("RUNTIME_ROLE", default="")
#: The password that `migrate` gives the role. If empty, the role must exist.
RUNTIME_PASSWORD = env.str("RUNTIME_PASSWORD", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Counts sign-ins for the rate limits. In PostgreSQL people can sign in while Valkey is down.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},  # a full table is culled, and forgets guesses
    }
}

# --- Users and sign-in --------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # email is unique ignoring case, by a constraint on Lower()
AUTHENTICATION_BACKENDS = ["sepo_incident.accounts.sign_in.backend.UserWithUnit"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "/log-ind/?af"
#: The municipality's own sign-in by OpenID Connect, see docs/operations.md. No issuer: there is none.
OIDC = {
    "issuer": env.str("OIDC_ISSUER", default=""),
    "name": env.str("OIDC_NAME", default="kommunens login"),
    "email_claim": env.str("OIDC_EMAIL_CLAIM", default="email"),
    "groups_claim": env.str("OIDC_GROUPS_CLAIM", default="groups"),
}
OIDC_CLIENT = {
    "provider_id": OIDC["issuer"],  # an identity is issuer and subject
    "name": OIDC["name"],
    "client_id": env.str("OIDC_CLIENT_ID", default=""),
    "secret": env.str("OIDC_CLIENT_SECRET", default=""),
    "settings": {
        "server_url": OIDC["issuer"],
        "oauth_pkce_enabled": True,
        "scope": env.str("OIDC_SCOPE", default="openid profile email").split(),
    },
}
if OIDC["issuer"] and not (OIDC_CLIENT["client_id"] and OIDC_CLIENT["secret"]):
    raise ImproperlyConfigured("OIDC_ISSUER also needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.")
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [OIDC_CLIENT] if OIDC["issuer"] else []}}
SOCIALACCOUNT_ADAPTER = "sepo_incident.accounts.sign_in.provider.ProviderAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
#: Whether a code by mail signs people in.
SIGN_IN_CODES = env.bool("SIGN_IN_CODES") if env.str("SIGN_IN_CODES", default="") else not OIDC["issuer"]
ACCOUNT_ADAPTER = "notifications.sign_in_codes.MailAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # nobody signs up; without a password field no password signs in
ACCOUNT_EMAIL_VERIFICATION = "none"  # lists and staff files give the addresses
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger gets no mail
ACCOUNT_SESSION_REMEMBER = True  # the session ends after SESSION_COOKIE_AGE, not when the browser closes
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_LOGIN_TIMEOUT = 10 * 60  # seconds
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 2
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 8}
#: Codes for a name that never enters one: against a guesser who tries many names (docs/decisions/0049).
CODES_UNTIL_ONE_IS_ENTERED = "20/d/key"
#: The municipality's people share a few IP addresses, so the limits per address are wide and those per name narrow.
ACCOUNT_RATE_LIMITS = {
    "request_login_code": f"300/m/ip,3/m/key,{CODES_UNTIL_ONE_IS_ENTERED}",
    "confirm_login_code": "300/m/ip,3/10m/key",
    "use_login_code": "1/10m/key",
    "login": "",  # a limit on all sign-ins would shut out colleagues behind one address
    "login_failed": "60/m/ip,5/15m/key",
}
#: Whether `lacks_second_factor` demands a passkey or an authenticator app.
SECOND_FACTOR = env.bool("SECOND_FACTOR", default=not LOCAL)
MFA_ADAPTER = "sepo_incident.accounts.sign_in.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Opfølgning på sikker post"
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds that the clock of a phone may be off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
MFA_RATE_LIMITS = {"webauthn_login": ""}  # a passkey has no secret that can be guessed
MFA_FORMS = {
    "authenticate": "sepo_incident.accounts.sign_in.forms.SecondFactorForm",
    "reauthenticate": "sepo_incident.accounts.sign_in.forms.ConfirmCodeForm",
    "activate_totp": "sepo_incident.accounts.sign_in.forms.ActivateAppForm",
    "add_webauthn": "sepo_incident.accounts.sign_in.forms.AddKeyForm",
    "authenticate_webauthn": "sepo_incident.accounts.sign_in.forms.KeyAsSecondFactorForm",
    "login_webauthn": "sepo_incident.accounts.sign_in.forms.KeySignInForm",
    "reauthenticate_webauthn": "sepo_incident.accounts.sign_in.forms.ConfirmKeyForm",
}
ACCOUNT_FORMS = {
    "change_password": "sepo_incident.accounts.sign_in.forms.ChangePasswordForm",
    "reauthenticate": "sepo_incident.accounts.sign_in.forms.ConfirmPasswordForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 0 if LOCAL else 1  # our proxy writes the visitor's address last in X-Forwarded-For
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # a cookie would outlive the sign-out
SESSION_IDLE_SECONDS = 30 * 60
SESSION_ABSOLUTE_SECONDS = 8 * 60 * 60
SESSION_COOKIE_AGE = SESSION_IDLE_SECONDS
# Behind HTTPS a browser takes a cookie with this prefix only from this host, over HTTPS, for all paths.
COOKIE_PREFIX = "" if LOCAL else "__Host-"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sepo_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "sepo_incident.web.pages.csrf_failure"

# --- Desks --------------------------------------------------------------------------------------------------------
#: Target for a desk's answer, in hours of working time.
DESK_ANSWERS_WITHIN = env.int("DESK_ANSWERS_WITHIN", default=4)

# --- HTTPS and Content Security Policy ----------------------------------------------------------------------------
SECURE = not LOCAL
SECURE_SSL_REDIRECT = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REDIRECT_EXEMPT = [r"^sundhed/(siden/)?$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024  # bytes; enough for a form about all letters

# --- Danish -------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "da"
TIME_ZONE = "Europe/Copenhagen"
USE_TZ = True

# --- Static files: DKFDS comes from the npm package ----------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static", ("dkfds", BASE_DIR / "node_modules" / "dkfds" / "dist")]
# Local modes serve the source folders, so that no file is outdated; production serves collected files.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_ALLOW_ALL_ORIGINS = False  # nobody else's page uses our files
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "letters.importing.files.uploads.RefuseHugeFiles",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Celery: tasks only wake workers; the queue itself is in PostgreSQL ---------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="" if LOCAL else environ.Env.NOTSET) or embedded.broker_url()
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 3,
    "max_retries": 1,  # a page must not wait for an unreachable broker; a periodic task finds the work
    "socket_timeout": 10,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # retry without limit; the default gives up after 45 minutes
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 75
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "celery"
#: A long list may occupy the import queue for minutes. Mail and short tasks have queues of their own and never wait
#: behind it. The workers for mail and for short tasks both take codes, so that a code rarely waits.
CELERY_TASK_ROUTES = {
    "notifications.tasks.send_sign_in_codes": {"queue": "codes"},
    "letters.tasks.read_batch": {"queue": "import"},
    "letters.tasks.commit_batch": {"queue": "import"},
    "notifications.tasks.check_history": {"queue": "import"},
    "notifications.tasks.check_all_history": {"queue": "import"},
    "notifications.tasks.write_dispatch": {"queue": "mail"},
    "notifications.tasks.drain_outbox": {"queue": "mail"},
    "notifications.tasks.poll_outbox": {"queue": "mail"},
    "notifications.tasks.send_reminders": {"queue": "mail"},
}
CELERY_TIMEZONE = TIME_ZONE

# --- Mail ---------------------------------------------------------------------------------------------------------
LOCAL_MAILBOX = (RUNNING_DEMO and RUNNING_DEMO.mail) or "smtp://127.0.0.1:8025"


def mail_server(url: str) -> dict[str, str | int]:
    """Parse `smtp://user:password@host:port`.

    Special characters in the password, including commas, are written as %XX.
    """
    found = env.email_url_config(url)
    return {
        "host": found["EMAIL_HOST"],
        "port": int(found["EMAIL_PORT"] or 25),
        "user": found["EMAIL_HOST_USER"] or "",
        "password": found["EMAIL_HOST_PASSWORD"] or "",
    }


MAIL = {
    #: The first server that answers is used.
    "servers": [
        mail_server(url) for url in env.list("EMAIL_URL", default=[LOCAL_MAILBOX] if LOCAL else environ.Env.NOTSET)
    ],
    "starttls": env.bool("EMAIL_STARTTLS", default=not LOCAL),
    "timeout": env.int("EMAIL_TIMEOUT", default=20),
    "workers": env.int("MAIL_WORKERS", default=2),  # sending processes, each with one connection
    "connections": env.int("MAIL_CONNECTIONS", default=3),  # simultaneous connections per server, all workers together
    "per_minute": env.int("MAIL_PER_MINUTE", default=0),  # mails per minute, all workers together; 0: no limit
    "lease": env.int("MAIL_LEASE", default=120),  # seconds until another worker takes over the mails of a killed worker
    "from_name": env.str("MAIL_FROM_NAME", default="Koncern IT"),
    "from_address": env.str("MAIL_FROM", default="besked@kit.example" if LOCAL else environ.Env.NOTSET),
    #: The name with which our mail server begins `Authentication-Results`. Without it no answer proves its author.
    "authenticated_by": env.str("MAIL_AUTHENTICATED_BY", default="mx.kit.example" if LOCAL else ""),
    "bounce_domain": env.str("MAIL_BOUNCE_DOMAIN", default="kit.example" if LOCAL else environ.Env.NOTSET),
    #: The municipality's domains, with their subdomains. Other addresses of people need an approval; empty: none does.
    "own_domains": [
        domain.strip().lower().lstrip("@.")
        for domain in env.list("MAIL_OWN_DOMAINS", default=["example"] if LOCAL else [])
    ],
    #: Colleagues send copies of their secure mails to the address, and each becomes a dispatch. Empty: none does.
    "journal_address": env.str("MAIL_JOURNAL", default="journal@kit.example" if LOCAL else ""),
    # `watch_address` gets the alarms. `canary_address` is a mailbox that forwards to our listener;
    # `bounce_canary_address` does not exist, at another domain. Without an address no canary is sent.
    "watch_address": env.str("MAIL_WATCH", default="driftsvagt@kit.example" if LOCAL else environ.Env.NOTSET),
    "canary_address": env.str("MAIL_CANARY", default="proeve@kit.example" if LOCAL else ""),
    "bounce_canary_address": env.str("MAIL_BOUNCE_CANARY", default="findes-ikke@buf.example" if LOCAL else ""),
}

# --- Logs: one JSON object per line, without personal data -----------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"fit": {"()": "sepo_incident.core.logs.PersonalDataFilter"}},
    "formatters": {"json": {"()": "sepo_incident.core.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["fit"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "celery": {"level": env.str("CELERY_LOG_LEVEL", default="WARNING")},
        "mail.log": {"level": "WARNING"},  # aiosmtpd logs addresses
    },
}
