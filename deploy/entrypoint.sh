#!/bin/sh
# Hands the volume over to the user `vigil` and becomes that user. Platforms mount volumes as root's, and a browser
# should not run as root. Started as another user (docker run --user), it changes nothing.
set -eu

# The image names /data, but on Railway the volume is where Railway says.
if [ "$VIGIL_VOLUME" = /data ] && [ -n "${RAILWAY_VOLUME_MOUNT_PATH:-}" ]; then
  export VIGIL_VOLUME="$RAILWAY_VOLUME_MOUNT_PATH"
fi

if [ "$(id -u)" != 0 ]; then
  exec "$@"
fi

# Only what is not ours yet: changing every owner at every start would take long on a volume with many profiles.
# Links are changed themselves and not followed, and other file systems below are left alone.
# Where that is refused (a read-only disk), the daemon says better than this script what to do.
if [ -d "$VIGIL_VOLUME" ]; then
  find "$VIGIL_VOLUME" -xdev ! -user vigil -exec chown -h vigil:vigil '{}' + ||
    echo "entrypoint: $VIGIL_VOLUME could not be handed over to the user vigil." >&2
fi

export HOME=/home/vigil USER=vigil LOGNAME=vigil
exec setpriv --reuid vigil --regid vigil --init-groups --inh-caps=-all "$@"
