#!/usr/bin/env bash
# Makes the bucket in which Pulumi keeps the stacks' state, and a lock table. Once for an account; again changes nothing.
set -euo pipefail

usage() {
  cat <<'EOF'
infra/setup-pulumi-state.sh [--region <region>] [--bucket <name>] [--table <name>] [--no-lock-table] [--dry-run]

  --region         where bucket and table lie; AWS_REGION, else eu-west-1
  --bucket         viberglass-pulumi-state-<account> when left out
  --table          viberglass-pulumi-lock when left out
  --no-lock-table  no table: Pulumi locks by files in the bucket and never looks at one
  --dry-run        prints every command and runs none
EOF
}

refuse() {
  echo "$1" >&2
  usage >&2
  exit 64
}

region="${AWS_REGION:-eu-west-1}"
bucket=""
table="viberglass-pulumi-lock"
lock_table=true
dry_run=false
while [ $# -gt 0 ]; do
  case "$1" in
    --region | --bucket | --table)
      if [ $# -lt 2 ] || [ "${2#--}" != "$2" ]; then refuse "$1 needs a value."; fi
      case "$1" in
        --region) region="$2" ;;
        --bucket) bucket="$2" ;;
        --table) table="$2" ;;
      esac
      shift
      ;;
    --no-lock-table) lock_table=false ;;
    --dry-run) dry_run=true ;;
    --help | -h)
      usage
      exit 0
      ;;
    *) refuse "\"$1\" means nothing here." ;;
  esac
  shift
done
[[ "$region" =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]] || refuse "\"$region\" is no region such as eu-west-1."
[ -z "$bucket" ] || [[ "$bucket" =~ ^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$ ]] || refuse "\"$bucket\" cannot be a bucket's name."
[[ "$table" =~ ^[a-zA-Z0-9_.-]{3,255}$ ]] || refuse "\"$table\" cannot be a table's name."

here="${BASH_SOURCE[0]%/*}"
[ "$here" != "${BASH_SOURCE[0]}" ] || here=.
# shellcheck source=infra/careful.sh
source "$here/careful.sh"

if [ -z "$bucket" ]; then
  account="<account>"
  "$dry_run" || account="$(aws sts get-caller-identity --query Account --output text)"
  bucket="viberglass-pulumi-state-$account"
fi

if is_there '404|Not Found|NoSuchBucket' aws s3api head-bucket --bucket "$bucket" --region "$region"; then
  echo "The bucket $bucket is there."
else
  location=(--create-bucket-configuration "LocationConstraint=$region")
  # The one region that may not be named as itself.
  [ "$region" != us-east-1 ] || location=()
  change aws s3api create-bucket --bucket "$bucket" --region "$region" ${location[@]+"${location[@]}"}
fi

# These are set each time: a bucket that was made by hand ends up the same.
change aws s3api put-public-access-block --bucket "$bucket" --region "$region" \
  --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
# Every state that ever was can be had back.
change aws s3api put-bucket-versioning --bucket "$bucket" --region "$region" --versioning-configuration Status=Enabled
change aws s3api put-bucket-encryption --bucket "$bucket" --region "$region" \
  --server-side-encryption-configuration '{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'
change aws s3api put-bucket-policy --bucket "$bucket" --region "$region" --policy \
  "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"RefuseWhatIsNotEncryptedOnItsWay\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"s3:*\",\"Resource\":[\"arn:aws:s3:::$bucket\",\"arn:aws:s3:::$bucket/*\"],\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"false\"}}}]}"

if "$lock_table"; then
  if is_there ResourceNotFoundException aws dynamodb describe-table --table-name "$table" --region "$region"; then
    echo "The table $table is there."
  else
    change aws dynamodb create-table --table-name "$table" --region "$region" --billing-mode PAY_PER_REQUEST \
      --attribute-definitions AttributeName=LockID,AttributeType=S --key-schema AttributeName=LockID,KeyType=HASH \
      --sse-specification Enabled=true
    change aws dynamodb wait table-exists --table-name "$table" --region "$region"
  fi
fi

"$dry_run" || echo "Ready. Next: pulumi login 's3://$bucket?region=$region'"
