# What the scripts here share. Sourced, never run; moves the caller to the top folder.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# Prints a line that separates one step from the next.
heading() {
  printf '\n== %s\n' "$*"
}

# Ends the script with a sentence that says what is wrong and what cures it.
fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Installs Debian packages.
install_debian() {
  local -a as_root=()
  command -v apt-get >/dev/null || fail "please install $*; there is no apt-get here to do it with"
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || fail "please install the packages $* (neither root nor sudo here)"
    as_root=(sudo)
  fi
  heading "Installing $*"
  "${as_root[@]}" apt-get update -q || fail "apt-get update failed; please install $*"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" ||
    fail "apt-get could not install $*"
}

# Fetches a Debian package into the current folder, and installs nothing.
download_debian() {
  local -a as_root=()
  apt-get download "$1" && return
  # The lists of packages may be missing or old.
  [[ $(id -u) -eq 0 ]] || as_root=(sudo -n)
  "${as_root[@]}" apt-get update -q && apt-get download "$1"
}

# Makes sure that the programs named are there. Takes: redis, postgresql.
need_servers() {
  local -a missing=()
  local server
  for server in "$@"; do
    case $server in
      redis) command -v redis-server >/dev/null || missing+=(redis-server) ;;
      postgresql) has_postgresql || missing+=(postgresql) ;;
      *) fail "no server is called $server" ;;
    esac
  done
  if [[ ${#missing[@]} -gt 0 ]]; then
    install_debian "${missing[@]}"
  fi
}

# Makes sure of the peer that certificates and lists are shown to.
need_openssl() {
  command -v openssl >/dev/null || install_debian openssl
}

# Makes sure that Python can make environments. Debian has that in a package of its own, without which `venv` is there
# and fails.
need_venv() {
  python3 -c 'import venv, ensurepip' 2>/dev/null || install_debian python3-venv
}

# Whether Debian's wrapper and at least one server are there.
has_postgresql() {
  command -v pg_virtualenv >/dev/null && compgen -G '/usr/lib/postgresql/*/bin/pg_ctl' >/dev/null
}
