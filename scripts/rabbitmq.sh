# shellcheck shell=bash
# Sourced after common.sh and postgres.sh: a private RabbitMQ broker that needs no administrator and leaves nothing running.
#
#   rabbitmq_start NAME    starts the broker NAME (made when missing) and sets RABBITMQ_URI, amqp://user:password@127.0.0.1:port/;
#                          leaves it empty, and says why, where RabbitMQ is not installed
#   rabbitmq_use NAME      as rabbitmq_start, but starts nothing: for rabbitmq_kill and rabbitmq_stop from another shell
#   rabbitmq_kill          ends it as a power cut would
#   rabbitmq_stop          stops what rabbitmq_start started
#   rabbitmq_drop NAME     deletes the broker's data
#
# Everything listens on the loopback address only: the broker, Erlang's distribution and the port mapper, which is a private one. The password is made
# with the broker and kept in a folder nobody but its owner may enter. Debian's package starts a service of its own where it can; this never uses it.

RABBITMQ_URI=
rabbitmq_started=
rabbitmq_home=
rabbitmq_bin=
rabbitmq_process=

rabbitmq_start() { # name
  RABBITMQ_URI=
  rabbitmq_find || return 0
  rabbitmq_locate "$1"
  rabbitmq_is_running || rabbitmq_launch
  rabbitmq_started=yes
  RABBITMQ_URI="amqp://hub:$(rabbitmq_as cat "$rabbitmq_home/password")@127.0.0.1:$(rabbitmq_port 1)/"
}

rabbitmq_use() { # name
  rabbitmq_find && rabbitmq_locate "$1" && rabbitmq_started=yes
}

rabbitmq_stop() {
  [ -n "$rabbitmq_started" ] || return 0
  rabbitmq_started=
  rabbitmq_signal TERM
  if ! rabbitmq_ended 150; then
    say "RabbitMQ 未能停止，已强制结束。" "RabbitMQ did not stop and was ended by force."
    rabbitmq_signal KILL
    rabbitmq_ended 50 || true
  fi
  rabbitmq_stop_mapper
}

rabbitmq_kill() {
  rabbitmq_signal KILL
  rabbitmq_ended 50
}

rabbitmq_drop() { # name
  rabbitmq_find || return 0
  rabbitmq_locate "$1"
  rabbitmq_started=yes
  rabbitmq_stop
  rabbitmq_as rm -rf "${rabbitmq_home:?}/mnesia" "$rabbitmq_home/password"
}

# --- where, and as whom ----------------------------------------------------------------------------------------------

# Beside the PostgreSQL clusters, as the same user: postgres_locate has made the folder and chosen both.
rabbitmq_locate() { # name
  local before=${postgres_home:-}
  postgres_locate "$1"
  rabbitmq_home=$postgres_home
  # The running cluster's place is still needed to stop it.
  postgres_home=$before
  rabbitmq_name=hub$(printf '%s' "$rabbitmq_home" | cksum | cut -d' ' -f1)@localhost
}

rabbitmq_as() { # command...
  postgres_as "$@"
}

# The package's own programs: the ones on the path insist on the package's user and folders.
rabbitmq_find() {
  local folder
  for folder in "${HUB_RABBITMQ_BIN:-}" /usr/lib/rabbitmq/bin /opt/homebrew/opt/rabbitmq/sbin /usr/local/opt/rabbitmq/sbin; do
    if [ -n "$folder" ] && [ -x "$folder/rabbitmq-server" ]; then
      rabbitmq_bin=$folder
      return 0
    fi
  done
  rabbitmq_install && rabbitmq_bin=/usr/lib/rabbitmq/bin && [ -x "$rabbitmq_bin/rabbitmq-server" ] && return 0
  say "没有 RabbitMQ：与消息代理有关的测试将跳过（Debian: apt-get install rabbitmq-server）。" \
    "There is no RabbitMQ: what needs a broker is skipped (Debian: apt-get install rabbitmq-server)."
  return 1
}

# Only where we are root on a Debian: the package, and not the service it would like to start.
rabbitmq_install() {
  local mine=
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null || return 1
  say "正在安装 RabbitMQ……" "installing RabbitMQ ..."
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    mine=yes
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
  fi
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rabbitmq-server; } >"$ROOT/.hub/rabbitmq-install.log" 2>&1 || true
  [ -z "$mine" ] || rm -f /usr/sbin/policy-rc.d
}

# --- the broker ------------------------------------------------------------------------------------------------------

# Found by what it was started with: a file with its number would be missing while it starts, and wrong after a power cut.
rabbitmq_is_running() {
  if [ -d /proc/self ]; then
    rabbitmq_process=$(grep -lsF "$rabbitmq_home" /proc/[0-9]*/cmdline | while read -r file; do
      case $(cat "$file" 2>/dev/null | tr '\0' ' ') in
        *beam*" -home $rabbitmq_home "*) basename "$(dirname "$file")" ;;
      esac
    done)
  else
    rabbitmq_process=$(pgrep -f "beam.* -home $rabbitmq_home " || true)
  fi
  [ -n "$rabbitmq_process" ]
}

# The port is kept from one start to the next, so that who is connected finds the broker again.
rabbitmq_launch() {
  local port distribution mapper
  [ -s "$rabbitmq_home/password" ] || rabbitmq_secret | rabbitmq_as tee "$rabbitmq_home/password" >/dev/null
  [ -s "$rabbitmq_home/ports" ] || rabbitmq_ports 3 | rabbitmq_as tee "$rabbitmq_home/ports" >/dev/null
  port=$(rabbitmq_port 1)
  distribution=$(rabbitmq_port 2)
  mapper=$(rabbitmq_port 3)
  rabbitmq_as mkdir -p "$rabbitmq_home/mnesia" "$rabbitmq_home/log"
  rabbitmq_settings "$port" | rabbitmq_as tee "$rabbitmq_home/rabbitmq.conf" >/dev/null
  # A session of its own: Ctrl-C at the terminal is ours to handle, and must not reach it first.
  rabbitmq_as env -i "PATH=$PATH" "HOME=$rabbitmq_home" LANG=C.UTF-8 \
    "RABBITMQ_NODENAME=$rabbitmq_name" "RABBITMQ_BASE=$rabbitmq_home" "RABBITMQ_MNESIA_BASE=$rabbitmq_home/mnesia" "RABBITMQ_LOG_BASE=$rabbitmq_home/log" \
    "RABBITMQ_CONFIG_FILE=$rabbitmq_home/rabbitmq.conf" "RABBITMQ_CONF_ENV_FILE=$rabbitmq_home/none" "RABBITMQ_ENABLED_PLUGINS_FILE=$rabbitmq_home/plugins" \
    "RABBITMQ_DIST_PORT=$distribution" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 "RABBITMQ_NODE_PORT=$port" \
    "ERL_EPMD_ADDRESS=127.0.0.1" "ERL_EPMD_PORT=$mapper" \
    "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}" \
    "$(command -v setsid || echo env)" "$rabbitmq_bin/rabbitmq-server" >"$ROOT/.hub/$(basename "$rabbitmq_home").log" 2>&1 </dev/null &
  rabbitmq_await "$port"
}

rabbitmq_await() { # port
  local tries=0
  until rabbitmq_is_running && (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 900 ]; then
      tail -20 "$ROOT/.hub/$(basename "$rabbitmq_home").log" >&2
      fail "RabbitMQ 无法启动，见 .hub/$(basename "$rabbitmq_home").log。" "RabbitMQ did not start; see .hub/$(basename "$rabbitmq_home").log."
    fi
    sleep 0.2
  done
}

rabbitmq_settings() { # port
  cat <<SETTINGS
listeners.tcp.default = 127.0.0.1:$1
default_user = hub
default_pass = $(rabbitmq_as cat "$rabbitmq_home/password")
loopback_users = none
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 200MB
SETTINGS
}

# The broker's, its distribution's, its mapper's.
rabbitmq_port() { # 1, 2 or 3
  rabbitmq_as sed -n "$1p" "$rabbitmq_home/ports" 2>/dev/null || true
}

rabbitmq_secret() {
  LC_ALL=C tr -dc 'a-zA-Z0-9' </dev/urandom 2>/dev/null | head -c 32 || true
}

rabbitmq_ports() { # count
  node -e '
    const net = require("net"), count = Number(process.argv[1]);
    Promise.all(Array.from({ length: count }, () => new Promise(done => { const server = net.createServer().listen(0, "127.0.0.1", () => done(server)); })))
      .then(servers => servers.forEach(server => { console.log(server.address().port); server.close(); }));' "$1"
}

rabbitmq_signal() { # signal
  rabbitmq_is_running || return 0
  # More than one only where two starts met.
  # shellcheck disable=SC2086
  kill "-$1" $rabbitmq_process 2>/dev/null || true
}

rabbitmq_ended() { # fifths of a second
  local waited=0
  while rabbitmq_is_running; do
    waited=$((waited + 1))
    [ "$waited" -le "$1" ] || return 1
    sleep 0.2
  done
}

# The port mapper outlives the broker that started it.
rabbitmq_stop_mapper() {
  local mapper
  mapper=$(rabbitmq_port 3)
  [ -z "$mapper" ] || ERL_EPMD_PORT=$mapper epmd -kill >/dev/null 2>&1 || true
}
