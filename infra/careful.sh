# shellcheck shell=bash
# For scripts that change AWS: nothing is changed in a dry run, and nothing is taken for "not there" that is another refusal.
# Whoever sources it has `set -e` and a variable `dry_run`, true or false.

# Changes something: printed in a dry run, else carried out without its answer.
change() {
  if "${dry_run:?}"; then
    printf '%q ' "$@"
    echo
  else
    "$@" >/dev/null
  fi
}

# Looks for something: what the first word matches is "not there" and answered false; any other refusal ends the script in AWS's own words.
is_there() {
  local missing="$1" answer
  shift
  "${dry_run:?}" && return 1
  if answer="$("$@" 2>&1 >/dev/null)"; then return 0; fi
  if [[ "$answer" =~ $missing ]]; then return 1; fi
  echo "$answer" >&2
  exit 1
}
