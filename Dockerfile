# One image for the gateway and every subgraph: SERVICE chooses (standalone, gateway, subgraphs/user …).
FROM node:24-trixie-slim AS install
WORKDIR /app
COPY . .
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-trixie-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data SERVICE=standalone
WORKDIR /app
COPY --from=install --chown=root:root /app /app
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 4000}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# As the npm scripts of the services.
CMD ["sh", "-c", "case $SERVICE in standalone | subgraphs/auth) young=32 ;; *) young=8 ;; esac; exec node --import=@gatehouse/service-kit/preload --max-semi-space-size=$young --heap-growing-percent=25 ${SERVICE}/src/main.ts"]
