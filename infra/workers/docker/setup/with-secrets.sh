#!/bin/sh
# Runs a command that downloads. A registry of one's own comes as the secret "npmrc", the certificates of a proxy that
# signs anew as the secret "ca"; both are there for this command only and never become part of the image.
set -eu
if [ -s /run/secrets/npmrc ]; then
  export NPM_CONFIG_USERCONFIG=/run/secrets/npmrc
fi
if [ -s /run/secrets/ca ]; then
  export NODE_EXTRA_CA_CERTS=/run/secrets/ca SSL_CERT_FILE=/run/secrets/ca
fi
exec "$@"
