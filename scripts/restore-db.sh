#!/usr/bin/env bash
# sqlite-backup: brings the database back; see `scripts/sqlite-backup restore --help`.
set -euo pipefail
here=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd -P)
exec "$here/sqlite-backup" restore "$@"
