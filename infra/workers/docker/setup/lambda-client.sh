#!/bin/sh
# AWS's runtime client for Lambda as images.json pins it. It is compiled from source, by tools that no image keeps: what a
# function needs of it is put into /opt/viberator/node_modules, beside the worker.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends autoconf automake ca-certificates cmake g++ libtool make python3 xz-utils

pin='require("/workers/images.json").lambdaRuntimeClient'
mkdir /build
npm install --prefix /build --ignore-scripts --no-audit --no-fund --loglevel=error --cache /tmp/npm-cache \
  "$(node -p "$pin.package + '@' + $pin.version")"

# The two scripts that npm would have run; Node's headers are those of the base image, so that nothing is fetched for them.
client="/build/node_modules/$(node -p "$pin.package")"
export npm_config_nodedir=/usr/local
(cd "$client" && sh scripts/preinstall.sh && sh scripts/postinstall.sh)

target="/opt/viberator/node_modules/$(node -p "$pin.package")"
mkdir -p "$target"
for file in package.json index.mjs rapid-client.node LICENSE NOTICE THIRD-PARTY-LICENSES; do
  install -m 0644 "$client/$file" "$target/$file"
done
rm -rf /build /tmp/npm-cache
