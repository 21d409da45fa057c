# Sourced by the scripts that start servers: each is kept by name, with its number and its
# words in $home. A script sets home and me (its own name in messages) first.

say() { echo "$me: $*" >&2; }
answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start() { # start NAME PORT COMMAND...
  local name=$1 port=$2; shift 2
  if answers "$port"; then say "$name: something answers on port $port already; using it"; return; fi
  nohup "$@" >"$home/$name.log" 2>&1 </dev/null &
  echo $! >"$home/$name.pid"
  for _ in $(seq 240); do
    if answers "$port"; then say "$name is up on port $port"; return; fi
    kill -0 "$(cat "$home/$name.pid")" 2>/dev/null || break
    sleep 0.5
  done
  say "$name does not start; its last words:"; tail -n 20 "$home/$name.log" >&2; exit 1
}

stop() { # stop NAME: only the process that `start` recorded
  local file=$home/$1.pid pid
  [[ -e $file ]] || return 0
  pid=$(cat "$file")
  # A number that another process has by now is not ours to end.
  if [[ $(ps -ww -o args= -p "$pid" 2>/dev/null) != *"$home"* ]]; then rm -f "$file"; return 0; fi
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 80); do kill -0 "$pid" 2>/dev/null || break; sleep 0.25; done
  rm -f "$file"
  say "$1 is stopped"
}
