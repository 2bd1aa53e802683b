# syntax=docker/dockerfile:1
# The engine with all its plugins. docker run --rm quantstream:local --help

# The manifests alone, so that npm ci runs again only when one of them has changed.
FROM --platform=$BUILDPLATFORM node:24.21.0-bookworm-slim AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json -delete

# What runs is JavaScript and WebAssembly, so one build on the builder's own platform serves every other.
FROM --platform=$BUILDPLATFORM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY --from=manifests /app .
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
# Not `npm run build`: that checks the types of the tests as well, which are not here.
RUN npx tsc -b engine plugins/* && node scripts/bundle.mjs

FROM --platform=$BUILDPLATFORM node:24.21.0-bookworm-slim AS production
WORKDIR /app
COPY --from=manifests /app .
# Optional packages are left out because vitest counts as one: it is an optional peer of the engine. Nothing native may be left:
# it would be of the builder's platform.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
  && test -z "$(find node_modules -name '*.node' -print -quit)"
COPY --from=build /app/engine/bin engine/bin
COPY --from=build /app/engine/bundle engine/bundle
COPY --from=build /app/plugins plugins
COPY pipelines pipelines
COPY LICENSE .
RUN find engine plugins \( -name src -o -name scripts -o -name bench -o -name dist \) -type d -prune -exec rm -rf {} + \
  && find engine plugins -name 'tsconfig*' -type f -delete \
  && mkdir /data

FROM node:24.21.0-bookworm-slim
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="QuantStream" \
  org.opencontainers.image.description="A plugin-based, domain-agnostic streaming anomaly engine" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"
ENV NODE_ENV=production QUANTSTREAM_DATA=/data HTTP_LISTEN=0.0.0.0:9464
WORKDIR /app
# Files that the process cannot change, and one folder that it can. No RUN from here on: that would need the target's processor.
COPY --from=production /app .
COPY --from=production --chown=node:node /data /data
# node, by number, so that a cluster can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/live').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/engine/bin/engine.js"]
CMD ["--pipeline", "pipelines/btc-demo.yaml"]
