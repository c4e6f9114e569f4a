# Worker with Claude Code, for tasks of AWS ECS
# From the repository's root: docker build -f infra/workers/docker/viberator-ecs-worker.Dockerfile -t viberator-worker-claude-code-ecs:latest .
# A registry or certificates of one's own come as secrets: --secret id=npmrc,src=… --secret id=ca,src=… (docs/images.md).
ARG NODE_IMAGE=node:24-slim

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

FROM system AS worker
ARG AGENTS="claude-code"
RUN --mount=type=bind,source=infra/workers/images.json,target=/workers/images.json \
    --mount=type=bind,source=infra/workers/docker/setup,target=/workers/docker/setup \
    --mount=type=secret,id=npmrc --mount=type=secret,id=ca \
    sh /workers/docker/setup/with-secrets.sh node /workers/docker/setup/install-agents.mjs ${AGENTS}
COPY --from=lambda-client /opt/viberator/node_modules /opt/viberator/node_modules
COPY --from=bundle /build/src/dist/viberator/viberator.mjs /opt/viberator/viberator.mjs

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="viberator-worker-claude-code-ecs" \
      org.opencontainers.image.description="Worker with Claude Code, for tasks of AWS ECS" \
      org.opencontainers.image.vendor="Viberglass" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      dev.viberglass.agents="${AGENTS}"

USER viberator
WORKDIR /work
ENV VIBERATOR_WORK_DIR=/work VIBERATOR_ALONE=1 LANG=C.UTF-8
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
