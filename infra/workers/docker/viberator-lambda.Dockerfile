# Worker with all seven agents, for functions of AWS Lambda
# From the repository's root: docker build -f infra/workers/docker/viberator-lambda.Dockerfile -t viberator-lambda-worker:latest .
# A registry or certificates of one's own come as secrets: --secret id=npmrc,src=… --secret id=ca,src=… (docs/images.md).
ARG NODE_IMAGE=node:24-slim
# "without" leaves Mistral Vibe out, for machines that reach neither PyPI nor ghcr.io; the image's label and smoke test say so.
ARG MISTRAL=with

# The worker as one file. Rolldown is put beside the project: of its development dependencies nothing else is needed.
FROM ${NODE_IMAGE} AS bundle
WORKDIR /build/src
COPY package.json package-lock.json tsconfig.json ./
RUN --mount=type=bind,source=infra/workers/docker/setup,target=/setup \
    --mount=type=secret,id=npmrc --mount=type=secret,id=ca \
    sh /setup/with-secrets.sh npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && sh /setup/with-secrets.sh npm install --prefix /build --ignore-scripts --no-audit --no-fund \
       "rolldown@$(node -p 'require("./package.json").devDependencies.rolldown')"
COPY control-plane/contract control-plane/contract
COPY worker-runtime worker-runtime
RUN node worker-runtime/build.ts

# AWS's runtime client for Lambda: any image may be a function's.
FROM ${NODE_IMAGE} AS lambda-client
RUN --mount=type=bind,source=infra/workers/images.json,target=/workers/images.json \
    --mount=type=bind,source=infra/workers/docker/setup/lambda-client.sh,target=/workers/docker/setup/lambda-client.sh \
    --mount=type=bind,source=infra/workers/docker/setup/with-secrets.sh,target=/workers/docker/setup/with-secrets.sh \
    --mount=type=secret,id=npmrc --mount=type=secret,id=ca \
    sh /workers/docker/setup/with-secrets.sh sh /workers/docker/setup/lambda-client.sh

FROM ${NODE_IMAGE} AS system
RUN --mount=type=bind,source=infra/workers/docker/setup,target=/setup sh /setup/system.sh

# Mistral Vibe wants a newer Python than Debian's: uv brings one, readable for every user. Not yet built anywhere of ours.
FROM ghcr.io/astral-sh/uv:0.12.14 AS uv
FROM system AS mistral-with
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_PYTHON_INSTALL_DIR=/opt/agents/python UV_TOOL_DIR=/opt/agents/tools UV_TOOL_BIN_DIR=/opt/agents/bin UV_NO_CACHE=1
RUN --mount=type=bind,source=infra/workers/images.json,target=/workers/images.json \
    --mount=type=bind,source=infra/workers/docker/setup,target=/workers/docker/setup \
    --mount=type=secret,id=ca \
    sh /workers/docker/setup/with-secrets.sh uv tool install --python 3.12 \
       "$(node -p 'const { pypi, version } = require("/workers/images.json").agents["mistral-vibe"]; pypi + "==" + version')"
FROM system AS mistral-without
RUN mkdir -p /opt/agents
FROM mistral-${MISTRAL} AS mistral

FROM system AS worker
ARG AGENTS="claude-code codex qwen-cli gemini-cli opencode mistral-vibe kimi-code"
RUN --mount=type=bind,source=infra/workers/images.json,target=/workers/images.json \
    --mount=type=bind,source=infra/workers/docker/setup,target=/workers/docker/setup \
    --mount=type=secret,id=npmrc --mount=type=secret,id=ca \
    sh /workers/docker/setup/with-secrets.sh node /workers/docker/setup/install-agents.mjs ${AGENTS}
ARG MISTRAL
COPY --from=mistral /opt/agents /opt/agents
COPY --from=lambda-client /opt/viberator/node_modules /opt/viberator/node_modules
COPY --from=bundle /build/src/dist/viberator/viberator.mjs /opt/viberator/viberator.mjs

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="viberator-lambda-worker" \
      org.opencontainers.image.description="Worker with all seven agents, for functions of AWS Lambda" \
      org.opencontainers.image.vendor="Viberglass" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      dev.viberglass.agents="${AGENTS}" \
      dev.viberglass.mistral="${MISTRAL}"

USER viberator
WORKDIR /work
ENV VIBERATOR_WORK_DIR=/work VIBERATOR_ALONE=1 LANG=C.UTF-8 MISTRAL=${MISTRAL} PATH=/opt/agents/bin:${PATH}
RUN --mount=type=bind,source=infra/workers/images.json,target=/workers/images.json \
    --mount=type=bind,source=infra/workers/docker/setup,target=/workers/docker/setup \
    node /workers/docker/setup/smoke.mjs ${AGENTS}
# Lambda runs it as somebody whom the image does not know.
USER 993:990
RUN --mount=type=bind,source=infra/workers/images.json,target=/workers/images.json \
    --mount=type=bind,source=infra/workers/docker/setup,target=/workers/docker/setup \
    node /workers/docker/setup/smoke.mjs ${AGENTS}
USER viberator
ENTRYPOINT ["/usr/local/lib/viberator/tini", "--", "/usr/local/lib/viberator/node", "/opt/viberator/viberator.mjs"]
