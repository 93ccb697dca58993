#!/usr/bin/env bash
# sqlite-backup: backs up the database; see `scripts/sqlite-backup backup --help`.
set -euo pipefail
here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd -P)
exec "$here/sqlite-backup" backup "$@"
