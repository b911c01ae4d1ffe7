# Needs BuildKit, which every current builder is (Docker 23, Buildx, Buildah, Railway); no syntax line, since that would
# fetch a front end from a registry before anything else.

# Compiles, then leaves only what the daemon needs. No dependency needs an install script (see .npmrc).
FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
COPY tsconfig.json tsconfig.build.json tsconfig.types.json ./
COPY src ./src
RUN ["npm", "run", "build"]
RUN ["npm", "prune", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
# npm leaves the compiler where a dependency may use one; ours (Puppeteer's reader of settings) never does. 30 MB.
RUN ["rm", "-rf", "node_modules/typescript", "node_modules/@typescript"]

FROM node:24-trixie-slim
# Debian's Chromium: it gets security updates, and Puppeteer drives it. tini reaps what a killed browser leaves
# behind, which Node as process 1 would not. Fonts, so that names and emoji are no boxes on a screenshot.
# Which Chromium it is stays readable in the image, since a newer one may write profiles that an older cannot read.
# The user's number is part of the image: `--user 10001:10001` and Kubernetes' runAsUser name it.
RUN ["/bin/sh", "-euc", "\
apt-get update; \
apt-get install -y --no-install-recommends chromium tini fonts-liberation fonts-noto-color-emoji; \
rm -rf /var/lib/apt/lists/*; \
chromium --version > /etc/chromium-version; \
groupadd --gid 10001 vigil; \
useradd --uid 10001 --gid vigil --create-home --no-log-init --shell /usr/sbin/nologin vigil; \
mkdir /data; \
chown vigil:vigil /data"]

WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY LICENSE deploy/health.js ./
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
# It may have to wait for a daemon that still holds the volume (VIGIL_LOCK_WAIT, 90 s).
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 CMD ["node", "/app/health.js"]

# Docker waits 10 s by default and then kills: run with --stop-timeout 60, or as long as VIGIL_DRAIN plus 15 s.
STOPSIGNAL SIGTERM
# There is no USER instruction: platforms mount volumes as root's, so that somebody has to hand them over. The entry
# does, and goes on as the user `vigil`. -s: tini reaps also where a platform puts an init of its own before it.
ENTRYPOINT ["/usr/bin/tini", "-s", "--", "/usr/local/bin/entrypoint.sh"]
# Node itself and not npm, which would swallow the signal.
CMD ["node", "/app/dist/main.js", "serve"]
