# syntax=docker/dockerfile:1

# Compiles, then leaves only what the daemon needs. No dependency needs an install script (see .npmrc).
FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN ["npm", "run", "build"]
RUN ["npm", "prune", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]

FROM node:24-trixie-slim
# Debian's Chromium: it gets security updates, and Puppeteer drives it. tini reaps what a killed browser leaves
# behind, which Node as process 1 would not. Fonts, so that names and emoji are no boxes on a screenshot.
# Which Chromium it is stays readable in the image, since a newer one may write profiles that an older cannot read.
RUN ["/bin/sh", "-euc", "\
apt-get update; \
apt-get install -y --no-install-recommends chromium tini fonts-liberation fonts-noto-color-emoji; \
rm -rf /var/lib/apt/lists/*; \
chromium --version > /etc/chromium-version; \
useradd --system --uid 10001 --user-group --create-home vigil; \
mkdir /data; \
chown vigil:vigil /data"]

WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --chmod=755 deploy/entrypoint.sh deploy/vigil /usr/local/bin/

# VIGIL_EXPECT_MOUNT: a container without a volume is refused, since its sessions would go with it.
# VIGIL_HOST is every address, so VIGIL_API_KEY must be given: the daemon refuses to start without it.
# There is no VOLUME instruction on purpose: it would make an anonymous volume where somebody forgot theirs, and
# the logins would vanish with it at the next `docker rm`.
ENV NODE_ENV=production \
    VIGIL_VOLUME=/data \
    VIGIL_EXPECT_MOUNT=1 \
    VIGIL_HOST=:: \
    PORT=2790 \
    PUPPETEER_EXECUTABLE_PATH=/usr/bin/chromium
EXPOSE 2790

# Whether the API is up, not whether every phone is linked: restarting the container links no phone.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://localhost:${process.env.PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Docker waits 10 s by default and then kills: run with --stop-timeout 60, or as long as VIGIL_DRAIN plus 15 s.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/entrypoint.sh"]
# Node itself and not npm, which would swallow the signal.
CMD ["node", "/app/dist/main.js", "serve"]
