#!/bin/sh
exec node "$(dirname -- "$(readlink -f -- "$0")")/typed-vigil.mjs" "$@"
