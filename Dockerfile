# The image of all services with our code (web, workers, beat, receiver, migrate); docker-compose.yml sets the command.
FROM node:22-slim AS assets
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev

FROM python:3.13-slim AS packages
COPY requirements.lock .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=sepo_incident.settings
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin sepo
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=assets /src/node_modules/dkfds/dist node_modules/dkfds/dist
COPY manage.py ./
COPY sepo_incident sepo_incident
COPY letters letters
COPY followups followups
COPY notifications notifications
COPY templates templates
COPY static static
COPY .ci/as-production /usr/local/bin/as-production
# The settings require secrets. as-production sets placeholders for this command only; no layer's environment keeps any.
RUN as-production python manage.py collectstatic --noinput -i scss -i split -i "*Thin*" -i "*ExtraLight*" \
    && rm /usr/local/bin/as-production && python -m compileall -q /app
USER sepo
EXPOSE 8000
# The request sends an allowed host, because Django refuses all other hosts, 127.0.0.1 included.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/sundhed/siden/', headers={'Host': os.environ['DJANGO_ALLOWED_HOSTS'].split(',')[0].lstrip('.')}), timeout=4)"]
CMD ["gunicorn", "sepo_incident.wsgi:application", "--bind", "0.0.0.0:8000", "--workers", "2", "--worker-class", "gthread", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--limit-request-line", "8190"]
