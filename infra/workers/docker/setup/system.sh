#!/bin/sh
# What every worker image is made of besides its agents: programs, the user, and the two programs that nobody may read.
set -eu
export DEBIAN_FRONTEND=noninteractive

apt-get update
apt-get install -y --no-install-recommends \
  ca-certificates curl git git-lfs openssh-client procps python3 ripgrep tini
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*

# Not 1000: the base has a user "node" with that number, and a mounted folder of a person's machine often belongs to it.
useradd --uid 10001 --user-group --create-home --shell /bin/bash viberator
# Like /tmp: where a memory file system is laid over it, that takes its mode and belongs to root. Jobs' own folders are 0700.
install -d -o viberator -g viberator -m 1777 /work

# A program that its user may run but not read is not dumpable: the kernel then gives /proc/<pid>/{environ,mem,fd,maps}
# of its processes to root alone. The worker (and tini, which is process 1 and has the same environment) start from
# these copies; the agent, with the same uid, starts from the plain ones and cannot look into them.
install -d -m 0755 /usr/local/lib/viberator
install -o root -g root -m 0711 "$(command -v node)" /usr/local/lib/viberator/node
install -o root -g root -m 0711 /usr/bin/tini /usr/local/lib/viberator/tini
