#!/usr/bin/env bash
# infra/read-target.sh <dev|prod>: what SSM says of an environment, as TARGET_<NAME>=<value> lines: /viberglass/dev/aws-role-arn
# becomes TARGET_AWS_ROLE_ARN. Nothing below that path is secret. An environment that has no stacks yet prints nothing.
set -euo pipefail

environment="${1:-}"
case "$environment" in
  dev | prod) ;;
  *)
    echo "infra/read-target.sh <dev|prod>: there is no environment \"$environment\"." >&2
    exit 64
    ;;
esac

aws ssm get-parameters-by-path --path "/viberglass/$environment" --query 'Parameters[].[Name,Value]' --output text |
  while IFS=$'\t' read -r name value; do
    # The command line prints None for an empty list.
    [ "$name" != None ] || continue
    name="${name##*/}"
    printf 'TARGET_%s=%s\n' "$(tr 'a-z-' 'A-Z_' <<<"$name")" "$value"
  done
