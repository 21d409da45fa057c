# Sourced by the scripts that build, in the root of the project: `needs THING…` says which of the
# things are missing, and gets them: packages with the system's package manager (as root, or with
# sudo where a person at the terminal says yes), Rust with rustup into the home folder. A thing
# that ends in `?` may stay missing. After `needs --no-install` nothing is got, only the commands
# are listed. What cannot be had ends the script, with the command that a person would type.
#   cc       a C compiler with the C library's headers
#   make     builds the allocator
#   rust     cargo, new enough for Cargo.toml
#   python   python3 with venv and pip

rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
rustup='curl --proto "=https" --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --no-modify-path'
[[ -d ${CARGO_HOME:-$HOME/.cargo}/bin ]] && PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH

needs_say() { echo "needs: $*" >&2; }

has() {
  case $1 in
    cc) echo '#include <stdlib.h>' | cc -x c -fsyntax-only - 2>/dev/null ;;
    rust) [[ $(printf '%s\n' "$rust_wanted" "$(rust_version)" | sort -V | head -n 1) == "$rust_wanted" ]] ;;
    python) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    make | curl) command -v "$1" >/dev/null ;;
  esac
}

rust_version() { cargo --version 2>/dev/null | sed -n 's/^cargo \([0-9.]*\).*/\1/p'; }

name_of() {
  case $1 in
    cc) echo "a C compiler" ;;
    rust) echo "Rust $rust_wanted or newer$(v=$(rust_version); echo "${v:+ (here is $v)}")" ;;
    python) echo "python3 with venv" ;;
    make) echo "make" ;;
    curl) echo "curl, which gets Rust" ;;
  esac
}

# How the system's package manager installs, without the packages.
manager() {
  local name
  for name in apt-get dnf yum apk pacman zypper; do
    command -v "$name" >/dev/null || continue
    case $name in
      apt-get) echo "apt-get update && apt-get install -y --no-install-recommends" ;;
      apk) echo "apk add" ;;
      pacman) echo "pacman -Sy --noconfirm --needed" ;;
      zypper) echo "zypper --non-interactive install" ;;
      *) echo "$name install -y" ;;
    esac
    return
  done
}

packages() { # packages MANAGER THING
  case $1/$2 in
    apt-get*/cc) echo "gcc libc6-dev" ;;
    apk*/cc) echo "gcc musl-dev" ;;
    zypper*/cc) echo "gcc glibc-devel" ;;
    */cc) echo "gcc" ;;
    apt-get*/python) echo "python3-venv" ;;
    pacman*/python) echo "python" ;;
    */python) echo "python3" ;;
    */make) echo "make" ;;
    */curl) echo "curl ca-certificates" ;;
  esac
}

# The command that gets a system's things; for people, with sudo where one is not root.
system_command() {
  local how all='' thing
  if [[ $(uname) == Darwin ]]; then echo "xcode-select --install"; return; fi
  how=$(manager)
  if [[ -z $how ]]; then echo "install with your system's packages: $*"; return 1; fi
  for thing; do all+=" $(packages "$how" "$thing")"; done
  if ((EUID)); then echo "sudo sh -c '$how$all'"; else echo "$how$all"; fi
}

rust_command() {
  if command -v rustup >/dev/null; then
    echo "rustup toolchain install stable --profile minimal && export RUSTUP_TOOLCHAIN=stable"
  else
    echo "$rustup"
  fi
}

# Whether a command may be run: sudo is asked for, and only on a terminal.
may_run() {
  [[ $1 == sudo* ]] || return 0
  command -v sudo >/dev/null && [[ -t 0 ]] || return 1
  local yes
  read -r -p "needs: run it? [y/N] " yes
  [[ $yes == [yY]* ]]
}

get() { # get COMMAND THING…: fails where the command may not be run or did not help
  local command=$1 thing; shift
  needs_say "\$ $command"
  may_run "$command" || return 1
  eval "$command" >&2 || return 1
  for thing; do has "$thing" || return 1; done
}

needs() {
  local install=yes wanted=() system=() optional=' ' thing command
  for thing; do
    [[ $thing == *\? ]] && optional+="${thing%\?} "
    [[ $thing == --no-install ]] && install='' || wanted+=("${thing%\?}")
  done
  local missing=()
  for thing in "${wanted[@]}"; do
    has "$thing" && continue
    needs_say "missing: $(name_of "$thing")"
    missing+=("$thing")
    [[ $thing == rust ]] || system+=("$thing")
    if [[ $thing == rust ]] && ! command -v rustup >/dev/null && ! has curl; then system+=(curl); fi
  done
  if [[ -z $install ]]; then
    ((${#missing[@]})) || needs_say "nothing is missing"
    ((${#system[@]})) && system_command "${system[@]}"
    [[ " ${missing[*]} " == *' rust '* ]] && rust_command
    exit 0
  fi
  ((${#missing[@]})) || return 0
  if ((${#system[@]})); then
    command=$(system_command "${system[@]}") && get "$command" "${system[@]}" || lacks "$command" "${system[@]}"
  fi
  if ! has rust && [[ " ${missing[*]} " == *' rust '* ]]; then
    command=$(rust_command)
    PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
    hash -r
    get "$command" rust || lacks "$command" rust
  fi
}

lacks() { # lacks COMMAND THING…: ends the script if it cannot do without one of them
  local command=$1 thing bare=''; shift
  for thing; do
    has "$thing" && continue
    if [[ $optional == *" $thing "* ]]; then
      needs_say "going on without $(name_of "$thing")"
    else
      bare+="${bare:+, }$(name_of "$thing")"
    fi
  done
  [[ -z $bare ]] && return
  needs_say "could not get $bare; type this, then run the script again:"
  needs_say "$command"
  exit 1
}
