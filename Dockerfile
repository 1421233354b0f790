# The image of AgenticAI: the engine, the command line and the dashboard. docs/docker.md says how it is built and run.
ARG BASE_IMAGE=python:3.13-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1 UV_NO_CACHE=1 UV_SYSTEM_CERTS=1
WORKDIR /build
COPY requirements.lock ./
RUN python3 -m venv --without-pip /opt/agenticai \
 && python3 -m venv /tools \
 && /tools/bin/pip install --quiet "$(grep -o '^uv==[0-9.]*' requirements.lock)"
COPY . .
RUN /tools/bin/uv pip install --quiet --compile-bytecode --python /opt/agenticai/bin/python --constraints requirements.lock ".[dashboard]"

FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="AgenticAI" \
      org.opencontainers.image.description="A serverless software factory on AWS, and the bench to run, replay and measure it offline." \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/agenticai/bin:$PATH AGENTICAI_HOME=/var/lib/agenticai LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --create-home --home-dir /home/agenticai agenticai \
 && install --directory --owner agenticai --group agenticai --mode 0700 /var/lib/agenticai
COPY --from=build /opt/agenticai /opt/agenticai
USER agenticai
WORKDIR /home/agenticai
# One scenario fills the caches, so that a container needs no network, and shows that the image works.
RUN agenticai replay todo-service && rm -rf /var/lib/agenticai/run /var/lib/agenticai/runs
VOLUME /var/lib/agenticai
EXPOSE 4566 8501
ENTRYPOINT ["agenticai"]
CMD ["up", "--host", "0.0.0.0"]
