#!/bin/sh
# Hands the volume over to the user `vigil` and becomes that user. Platforms mount volumes as root's, and a browser
# should not run as root. Started as another user (docker run --user), it hands nothing over.
set -eu

say() { printf 'entrypoint: %s\n' "$*" >&2; }

# The image names /data, but on Railway the volume is where Railway says.
if [ "$VIGIL_VOLUME" = /data ] && [ -n "${RAILWAY_VOLUME_MOUNT_PATH:-}" ]; then
  export VIGIL_VOLUME="$RAILWAY_VOLUME_MOUNT_PATH"
fi

# Chromium and its libraries write below the home directory. A user that the image does not know has none, and in a
# container whose disk is read-only nobody has.
use_home() {
  export HOME="$1"
  if [ ! -d "$HOME" ] || [ ! -w "$HOME" ] || [ "$HOME" = / ]; then export HOME="$VIGIL_VOLUME/vigil/cache"; fi
}

if [ "$(id -u)" != 0 ]; then
  use_home "${HOME:-/}"
  exec "$@"
fi

# Only what is not the user's yet: changing every owner at every start would take long on a volume with many profiles.
# Links are changed themselves and not followed, and other file systems below are left alone.
hand_over() { find "$@" ! -user vigil -exec chown -h vigil:vigil '{}' +; }

# What is ours, and nothing beside it: somebody may have mounted a directory that holds other things as well.
# Where that is refused (a read-only disk), the daemon says better than this script what to do.
if [ -d "$VIGIL_VOLUME" ]; then
  hand_over "$VIGIL_VOLUME/." -maxdepth 0 || say "$VIGIL_VOLUME could not be handed over to the user vigil."
  for own in "$VIGIL_VOLUME/whatsapp-sessions" "$VIGIL_VOLUME/vigil"; do
    [ ! -d "$own" ] || hand_over "$own" -xdev || say "$own could not be handed over to the user vigil."
  done
fi

# A vault that was mounted beside the volume, where it is root's, as a new one is.
vault=${VIGIL_VAULT:-}
vault=${vault#directory:}
if [ "$vault" != "${VIGIL_VAULT:-}" ] && [ -d "$vault" ] && [ "$(stat -c %u "$vault/.")" = 0 ]; then
  hand_over "$vault/." -maxdepth 0 || say "The vault $vault could not be handed over to the user vigil."
  [ ! -d "$vault/sessions" ] || hand_over "$vault/sessions" -xdev ||
    say "$vault/sessions could not be handed over to the user vigil."
fi

# No program that it starts gets more rights than it has, whatever lies on the disk.
become() { exec setpriv --reuid vigil --regid vigil --init-groups --inh-caps=-all --no-new-privs "$@"; }

if ! (become true); then
  say 'Root may not become the user vigil here. Leave the container the capabilities CHOWN, DAC_OVERRIDE, KILL,'
  say 'SETGID and SETUID, or start it as that user: --user 10001:10001.'
  exit 77
fi
use_home /home/vigil
export USER=vigil LOGNAME=vigil
become "$@"
