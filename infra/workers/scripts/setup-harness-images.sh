#!/usr/bin/env bash
# Builds the worker's images and pushes them to ECR as <env>-<sha>, <env>-latest and latest. What is there already is not
# built again: it only gets the tags that move.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)"
workers="$root/infra/workers"

usage() {
  cat <<EOF
infra/workers/scripts/setup-harness-images.sh <dev|prod> [<image>|all] [--dry-run] [--summary <folder>] [-- <arguments of buildx>]

  <image>     one of ${selectors[*]}; all when left out
  --dry-run   prints every command and runs none
  --summary   where build-summary.json and build-summary.md go; .local/images when left out

AWS_REGION, else eu-west-1. Behind a registry or certificates of your own: -- --secret id=npmrc,src=… --secret id=ca,src=…
EOF
}

refuse() {
  echo "$1" >&2
  usage >&2
  exit 64
}

# selector, repository and Dockerfile of each image, in the catalogue's order
catalogue="$(node -p 'Object.entries(JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).images).map(([name, image]) => [name, image.repository, image.dockerfile].join("\t")).join("\n")' "$workers/images.json")"
selectors=()
while IFS=$'\t' read -r name _ _; do selectors+=("$name"); done <<<"$catalogue"

words=()
extra=()
dry_run=false
summary="$root/.local/images"
while [ $# -gt 0 ]; do
  case "$1" in
    --dry-run) dry_run=true ;;
    --summary)
      [ $# -ge 2 ] || refuse "--summary needs a folder."
      summary="$2"
      shift
      ;;
    --help | -h)
      usage
      exit 0
      ;;
    --)
      shift
      extra=("$@")
      break
      ;;
    -*) refuse "\"$1\" means nothing here." ;;
    *) words+=("$1") ;;
  esac
  shift
done
environment="${words[0]:-}"
wanted="${words[1]:-all}"
case "$environment" in
  dev | prod) ;;
  *) refuse "There is no environment \"$environment\": dev, prod." ;;
esac
[ "${#words[@]}" -le 2 ] || refuse "\"${words[2]}\" means nothing here."
if [ "$wanted" != all ] && ! printf '%s\n' "${selectors[@]}" | grep -qxF -- "$wanted"; then
  refuse "There is no image \"$wanted\": ${selectors[*]}, all."
fi
region="${AWS_REGION:-eu-west-1}"
[[ "$region" =~ ^[a-z]{2}(-[a-z]+)+-[0-9]$ ]] || refuse "AWS_REGION: \"$region\" is no region such as eu-west-1."

# A tag that carries a commit must be that commit.
sha="$(git -C "$root" rev-parse --short=12 HEAD)"
if ! "$dry_run" && [ -n "$(git -C "$root" status --porcelain -- worker-runtime control-plane/contract infra/workers package.json package-lock.json)" ]; then
  echo "What the images are made of has changes that are not committed: the tag $environment-$sha would not be what it says." >&2
  exit 1
fi

# shellcheck source=infra/careful.sh
source "$root/infra/careful.sh"

account="<account>"
"$dry_run" || account="$(aws sts get-caller-identity --query Account --output text)"
registry="$account.dkr.ecr.$region.amazonaws.com"

if "$dry_run"; then
  echo "aws ecr get-login-password --region $region | docker login --username AWS --password-stdin $registry"
else
  aws ecr get-login-password --region "$region" | docker login --username AWS --password-stdin "$registry" >/dev/null
fi
# The engine's own builder cannot keep a cache in a registry.
if "$dry_run" || ! docker buildx inspect viberglass >/dev/null 2>&1; then
  change docker buildx create --name viberglass --driver docker-container
fi

# As the stack "workers" makes them, which makes all of them unless it is told that they exist.
make_repository() {
  local repository="$1" policy
  policy="$(sed -e "s/{{account}}/$account/g" -e "s/{{region}}/$region/g" "$workers/policies/repository-resource.json")"
  change aws ecr create-repository --repository-name "$repository" --region "$region" \
    --image-scanning-configuration scanOnPush=true --encryption-configuration encryptionType=AES256 \
    --image-tag-mutability IMMUTABLE_WITH_EXCLUSION --image-tag-mutability-exclusion-filters \
    filterType=WILDCARD,filter=latest 'filterType=WILDCARD,filter=*-latest' filterType=WILDCARD,filter=buildcache
  change aws ecr set-repository-policy --repository-name "$repository" --region "$region" --policy-text "$policy"
  change aws ecr put-lifecycle-policy --repository-name "$repository" --region "$region" \
    --lifecycle-policy-text "file://$workers/lifecycle.json"
}

done_file="$(mktemp)"
trap 'rm -f "$done_file"' EXIT

build() {
  local name="$1" repository="$2" dockerfile="$3" image="$registry/$2" how=built
  local fixed="$environment-$sha" moving=("$environment-latest" latest)
  is_there RepositoryNotFoundException aws ecr describe-repositories --repository-names "$repository" --region "$region" ||
    make_repository "$repository"
  if is_there 'ImageNotFoundException' aws ecr describe-images --repository-name "$repository" --image-ids "imageTag=$fixed" --region "$region"; then
    how="was there"
    # Of its own accord it would make an index of the one manifest, see below.
    change docker buildx imagetools create --prefer-index=false --tag "$image:${moving[0]}" --tag "$image:${moving[1]}" "$image:$fixed"
  else
    # Lambda takes a single manifest and no index, which an attestation would make of it; any of these images may be a function's.
    change docker buildx build --builder viberglass --platform linux/amd64 --provenance=false --sbom=false --push \
      --file "$workers/$dockerfile" --build-arg "REVISION=$sha" \
      --cache-from "type=registry,ref=$image:buildcache" \
      --cache-to "type=registry,ref=$image:buildcache,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true" \
      --tag "$image:$fixed" --tag "$image:${moving[0]}" --tag "$image:${moving[1]}" ${extra[@]+"${extra[@]}"} "$root"
  fi
  "$dry_run" && return
  local known
  known="$(aws ecr describe-images --repository-name "$repository" --image-ids "imageTag=$fixed" --region "$region" \
    --query 'imageDetails[0].[imageDigest,imageSizeInBytes]' --output text)"
  printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$image" "$fixed ${moving[*]}" "$known" "$how" >>"$done_file"
}

# In JSON for the next program, and as a table for people; also of what was done before something failed.
summarize() {
  mkdir -p "$summary"
  node -e '
    const { readFileSync, writeFileSync } = require("fs")
    const [lines, folder, environment, revision, failed] = process.argv.slice(1)
    const images = readFileSync(lines, "utf8").split("\n").filter(Boolean).map((line) => {
      const [name, image, tags, digest, bytes, how] = line.split("\t")
      return { name, image, tags: tags.split(" "), digest, bytes: Number(bytes), how }
    })
    writeFileSync(folder + "/build-summary.json", JSON.stringify({ environment, revision, failed: failed || null, images }, null, 2) + "\n")
    const rows = images.map(({ name, tags, digest, bytes, how }) =>
      "| " + [name, how, tags.join(" "), digest, (bytes / 1e6).toFixed(0) + " MB"].join(" | ") + " |")
    const table = ["| Image | | Tags | Digest | Size in ECR |", "|---|---|---|---|---|", ...rows, ...(failed ? ["", "**" + failed + " failed.**"] : [])].join("\n")
    writeFileSync(folder + "/build-summary.md", table + "\n")
    console.log(table)
  ' "$done_file" "$summary" "$environment" "$sha" "$1"
}

while IFS=$'\t' read -r name repository dockerfile; do
  [ "$wanted" = all ] || [ "$wanted" = "$name" ] || continue
  echo "── $name" >&2
  # A shell of its own: what fails in it ends it, and not yet this one.
  set +e
  (
    set -e
    build "$name" "$repository" "$dockerfile"
  ) </dev/null
  status=$?
  set -e
  if [ $status -ne 0 ]; then
    echo "$name failed; the images after it were not touched." >&2
    "$dry_run" || summarize "$name"
    exit 1
  fi
done <<<"$catalogue"
"$dry_run" || summarize ""
