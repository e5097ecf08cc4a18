# How the ramdisk speaks to the controller (bash; read by init and by the deploy script). Needs PROVISION_URL.
# HTTP by bash's own /dev/tcp: no process is started for a report, and emulated processors feel every process.
LC_ALL=C

# A line on the console, with the seconds since the kernel started.
say() {
  read -r uptime _ </proc/uptime
  echo "[provision $uptime] $*"
}

# request METHOD URL BODY SECONDS: sends it; then $code and $length are the answer's, and its body is to be read from fd 4.
# Fails if there is no answer. URL is plain http; the caller closes fd 4.
request() {
  local rest=${2#http://} host port name value
  host=${rest%%/*}
  port=80
  case $host in *:*) port=${host##*:} host=${host%:*} ;; esac
  code=0
  length=
  { exec 4<>"/dev/tcp/$host/$port"; } 2>/dev/null || return 1
  printf '%s /%s HTTP/1.0\r\nHost: %s:%s\r\nContent-Length: %s\r\n\r\n%s' \
    "$1" "${rest#*/}" "$host" "$port" "${#3}" "$3" >&4 2>/dev/null || return 1
  IFS=$' \r' read -r -t "$4" _ code _ <&4 || return 1
  while IFS=$': \r' read -r -t "$4" name value <&4 && [ -n "$name" ]; do
    case $name in [Cc]ontent-[Ll]ength) length=$value ;; esac
  done
}

# post WHAT TEXT [SECONDS]: one report; its failure is the caller's to judge.
post() {
  local given=1
  request POST "$PROVISION_URL/$1" "$2" "${3:-5}" && [ "$code" = 200 ] && given=0
  { exec 4<&-; } 2>/dev/null
  return "$given"
}

# milestone NAME [TEXT]: tried twice and then let go, for a lost report must not stop an install.
milestone() {
  say "$*"
  post milestone "$*" || post milestone "$*" || say "could not report $1"
}

# report_failure CODE SENTENCE: with the log's end as detail. A controller that answers has heard it, whatever it answers.
report_failure() {
  local pause
  say "FAILED $1: $2"
  for pause in 1 2 4 8 0; do
    post failed "$1
$2
$(tail -n 20 /run/deploy.log 2>/dev/null)" 10 && return 0
    [ "$code" = 0 ] || return 0
    sleep "$pause"
  done
  say "could not report the failure"
}
