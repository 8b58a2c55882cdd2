# The index of Debian 12 with Node 24.21.0 for amd64 and arm64. How it was found, and how to renew it:
# docs/deploy-container.md.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY deploy/image ./deploy/image
COPY src ./src
RUN npm run build
RUN npm prune --omit=dev --no-audit --no-fund && node deploy/image/trim.mjs

FROM ${NODE_IMAGE}
# tini takes in children that lost their parent; Parley handles its own signals. npm has nothing to do here.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini \
  && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx \
    /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn /usr/local/bin/yarnpkg \
  && install -d -o 1000 -g 1000 /data /data/journal
WORKDIR /app
COPY package.json LICENSE NOTICE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY config ./config
COPY agents ./agents
COPY deploy/image/probe.mjs ./deploy/image/probe.mjs
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000 METRICS_HOST=0.0.0.0 DATA_DIR=/data
# Everything above belongs to root; nothing below writes anywhere but here and in /tmp.
VOLUME /data
USER 1000:1000
EXPOSE 8000 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "deploy/image/probe.mjs", "/api/v1/health"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["node", "--enable-source-maps", "--import", "./dist/telemetry.js", "dist/main.js"]
