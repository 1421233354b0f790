# The images of AgenticAI, and of LocalStack as it is used here. docs/docker.md says how they are built and run.
ARG BASE_IMAGE=python:3.13-slim-bookworm
ARG LOCALSTACK_IMAGE=localstack/localstack:4.14.0

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1 UV_NO_CACHE=1 UV_SYSTEM_CERTS=1
WORKDIR /build
COPY requirements.lock pyproject.toml ./
RUN python3 -m venv --without-pip /opt/agenticai \
 && python3 -m venv /tools \
 && /tools/bin/pip install --quiet "$(grep -o '^uv==[0-9.]*' requirements.lock)" \
 && /tools/bin/uv pip install --quiet --compile-bytecode --python /opt/agenticai/bin/python \
    --constraints requirements.lock --requirements pyproject.toml --extra dashboard
# What runs functions in LocalStack's image: boto3 and nothing more, as on Lambda.
RUN python3 -m venv --without-pip /opt/function-python \
 && /tools/bin/uv pip install --quiet --python /opt/function-python/bin/python --constraints requirements.lock boto3
COPY . .
RUN /tools/bin/uv pip install --quiet --compile-bytecode --python /opt/agenticai/bin/python --no-deps .

# The engine, the command line and the dashboard.
FROM ${BASE_IMAGE} AS agenticai
LABEL org.opencontainers.image.title="AgenticAI" \
      org.opencontainers.image.description="A serverless software factory on AWS, and the bench to run, replay and measure it offline." \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/agenticai/bin:$PATH AGENTICAI_HOME=/var/lib/agenticai LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --create-home --home-dir /home/agenticai agenticai \
 && install --directory --owner agenticai --group agenticai --mode 0700 /var/lib/agenticai \
 && install --directory --owner agenticai --group agenticai --mode 0755 /var/lib/agenticai-observer
COPY --from=build /opt/agenticai /opt/agenticai
USER agenticai
WORKDIR /home/agenticai
# One scenario fills the caches, so that a container needs no network, and shows that the image works.
RUN agenticai replay todo-service && rm -rf /var/lib/agenticai/run /var/lib/agenticai/runs
VOLUME /var/lib/agenticai
EXPOSE 4566 8501
ENTRYPOINT ["agenticai"]
CMD ["up", "--host", "0.0.0.0"]

# LocalStack's own runtime, where no registry has its image: --build-arg LOCALSTACK_IMAGE=localstack-runtime.
FROM ${BASE_IMAGE} AS localstack-runtime
COPY emulator/engines/localstack/requirements.lock /
RUN python3 -m venv /opt/code/localstack/.venv \
 && /opt/code/localstack/.venv/bin/python -m pip install --quiet --no-cache-dir --requirement /requirements.lock

# LocalStack with the extensions by which it runs functions as processes, and DynamoDB without Java.
FROM ${LOCALSTACK_IMAGE} AS localstack
COPY emulator/engines/localstack/extensions /extensions
RUN /opt/code/localstack/.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation /extensions
COPY --from=build /opt/function-python /opt/function-python
RUN useradd --uid 10002 --create-home --home-dir /home/localstack localstack \
 && install --directory --owner localstack --group localstack --mode 0700 /var/lib/localstack
USER localstack
WORKDIR /home/localstack
# Its folders are below FILESYSTEM_ROOT, as outside of a container.
ENV OVERRIDE_IN_DOCKER=0 FILESYSTEM_ROOT=/var/lib/localstack GATEWAY_LISTEN=0.0.0.0:4566 DNS_ADDRESS=0 DISABLE_EVENTS=1 \
    SKIP_SSL_CERT_DOWNLOAD=1 SKIP_INFRA_DOWNLOADS=1 SQS_ENDPOINT_STRATEGY=path LAMBDA_SYNCHRONOUS_CREATE=1 \
    LAMBDA_RUNTIME_EXECUTOR=local PROVIDER_OVERRIDE_DYNAMODB=moto LAMBDA_LOCAL_PYTHON=/opt/function-python/bin/python \
    LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC=0.1 LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC=0.5
VOLUME /var/lib/localstack
EXPOSE 4566
ENTRYPOINT ["/opt/code/localstack/.venv/bin/python", "-m", "localstack_without_docker"]
