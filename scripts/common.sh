# shellcheck shell=bash
# Sourced by run, test and hub: sentences for people, the checks, the build. Works with bash 3.2 (macOS).

# Local calls must not go through a proxy, neither ours nor those of the processes started here.
export NO_PROXY="${NO_PROXY:+$NO_PROXY,}127.0.0.1,localhost" no_proxy="${no_proxy:+$no_proxy,}127.0.0.1,localhost"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

# Most of what Hub allocates lives for one request: a young generation of 64 MB spares most collections (docs/performance.md). No setting file knows this
# one, so the image and the units say it too.
export DOTNET_GCgen0size=0x4000000

say() { # zh, en
  printf '%s  %s\n' "$1" "$2"
}

fail() { # zh, en: the one sentence that says what to do
  printf '%s\n%s\n' "$1" "$2" >&2
  exit 1
}

# --- checks ----------------------------------------------------------------------------------------------------------

check_folder() {
  mkdir -p "$ROOT/.hub" 2>/dev/null && [ -w "$ROOT/.hub" ] ||
    fail "无法写入 $ROOT/.hub，请换用拥有该目录的用户运行。" "Cannot write to $ROOT/.hub; run as the user who owns the checkout."
}

check_disk() {
  local free_kib
  free_kib=$(df -Pk "$ROOT" | awk 'NR == 2 { print $4 }')
  [ "$free_kib" -ge 1048576 ] ||
    fail "磁盘剩余空间不足 1 GB(现有 $((free_kib / 1024)) MB)。" "Less than 1 GB of disk is free ($((free_kib / 1024)) MB)."
}

check_dotnet() {
  local version
  command -v dotnet >/dev/null ||
    fail "找不到 dotnet，请安装 .NET SDK 10 或更新版本。" "dotnet was not found; install the .NET SDK 10 or later."
  home_for_tools
  # In the checkout, so that global.json has its say.
  version=$(cd "$ROOT" && dotnet --version 2>/dev/null) || version=none
  case $version in
    [1-9][0-9].*) ;;
    *) fail "需要 .NET SDK 10 或更新版本（现为 ${version}）。" "The .NET SDK 10 or later is needed (found: $version)." ;;
  esac
}

check_node() {
  local version
  command -v node >/dev/null ||
    fail "找不到 node，请安装 Node.js 18 或更新版本。" "node was not found; install Node.js 18 or later."
  version=$(node -p 'process.versions.node')
  [ "${version%%.*}" -ge 18 ] ||
    fail "需要 Node.js 18 或更新版本（现为 ${version}）。" "Node.js 18 or later is needed (found: $version)."
}

# The pages' files come from npm (src/Hub/Console/assets).
check_npm() {
  command -v npm >/dev/null ||
    fail "找不到 npm，请随 Node.js 安装。" "npm was not found; install it with Node.js."
}

check_ports() { # first port, last port
  local taken
  taken=$(node "$ROOT/scripts/taken-port.mjs" "$1" "$2")
  [ -z "$taken" ] ||
    fail "端口 $taken 无法使用（被占用或不允许），请用 HUB_PORT 另选一个起始端口（$1–$2 须空闲）。" \
      "Port $taken cannot be used (taken or not allowed); choose another first port with HUB_PORT ($1-$2 must be free)."
}

# Tools keep caches in HOME; system users such as nobody have none they can write to.
home_for_tools() {
  if [ ! -w "${HOME:-/nonexistent}" ]; then
    mkdir -p "$ROOT/.hub/home"
    export HOME="$ROOT/.hub/home"
  fi
}

# --- one at a time ---------------------------------------------------------------------------------------------------

# A symbolic link is made or refused in one step, on every system; its target is the owner's process id.
lock() { # name
  local link="$ROOT/.hub/$1.lock" owner
  if ln -s "$$" "$link" 2>/dev/null; then return 0; fi
  owner=$(readlink "$link" || true)
  if is_alive "$owner"; then return 1; fi
  rm -f "$link"
  ln -s "$$" "$link" 2>/dev/null
}

unlock() { # name
  [ "$(readlink "$ROOT/.hub/$1.lock" 2>/dev/null)" != "$$" ] || rm -f "$ROOT/.hub/$1.lock"
}

# kill -0 also fails for the process of another user, which is alive all the same.
is_alive() { # process id
  [ -n "$1" ] && { kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ]; }
}

# --- build -----------------------------------------------------------------------------------------------------------

# No build servers: they would outlive us, and hold the output pipe of whoever called us.
build() {
  check_node
  check_npm
  say "构建中……" "building ..."
  (cd "$ROOT" && dotnet build Hub.sln -c Release -v q --nologo --disable-build-servers) >"$ROOT/.hub/build.log" 2>&1 && return 0
  grep -E '(error|错误) ' "$ROOT/.hub/build.log" | sort -u | head -20 >&2 || tail -20 "$ROOT/.hub/build.log" >&2
  fail "构建失败，全文见 .hub/build.log。" "The build failed; all of it is in .hub/build.log."
}

output() { # project folder, assembly
  printf '%s/%s/bin/Release/net10.0/%s.dll' "$ROOT" "$1" "$2"
}

hub() {
  dotnet "$(output src/Hub Hub)" "$@"
}

# --- child processes -------------------------------------------------------------------------------------------------

# Asks, waits up to 30 s (Hub drains for 25), then insists.
stop_process() { # process id
  local waited=0
  [ -n "$1" ] || return 0
  kill -TERM "$1" 2>/dev/null || return 0
  while kill -0 "$1" 2>/dev/null && [ "$waited" -lt 150 ]; do
    sleep 0.2
    waited=$((waited + 1))
  done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
