# One image; the command chooses: serve (the default), work, migrate, up, import …
ARG PYTHON_IMAGE=python:3.12-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
# The wheel is built with the locked tools; none of them goes into the image.
COPY requirements.lock ./
RUN python -m venv /opt/tools && /opt/tools/bin/pip install --require-hashes -r requirements.lock
COPY deploy/requirements.lock runtime.lock
RUN python -m venv /opt/ecif && /opt/ecif/bin/pip install --require-hashes -r runtime.lock
COPY pyproject.toml README.md ./
COPY src src
COPY migrations migrations
RUN /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/ecif/bin/pip install --no-deps --no-index /wheel/*.whl

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="ecif"
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin ecif \
    && install --directory --owner ecif --group ecif --mode 0700 /var/lib/ecif
COPY --from=build /opt/ecif /opt/ecif
ENV PATH=/opt/ecif/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ECIF_HOME=/var/lib/ecif \
    ECIF_HOST=0.0.0.0
USER 10001:10001
WORKDIR /var/lib/ecif
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["ecif"]
CMD ["serve"]
