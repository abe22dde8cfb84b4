# syntax=docker/dockerfile:1
# One image for the API, workers and migrations; `docker-compose.yml` shows them together.

FROM node:22-bookworm-slim AS pages
WORKDIR /app/api/web
COPY api/web/package.json api/web/package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --no-update-notifier

FROM python:3.11-slim-bookworm AS libraries
COPY --from=ghcr.io/astral-sh/uv:0.13.9 /uv /usr/local/bin/uv
WORKDIR /app
# Compiled here, because a read-only file system keeps nothing of what a start compiles.
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen --no-default-groups

FROM python:3.11-slim-bookworm
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    APP_ENV=production SEED=none HOST=0.0.0.0 PORT=3000
COPY --from=libraries /app/.venv .venv
COPY --from=pages /app/api/web/node_modules api/web/node_modules
COPY migrations migrations
COPY domain domain
COPY workers workers
COPY api api
USER 65532:65532
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "api.probe"]
CMD ["python", "-m", "api"]
