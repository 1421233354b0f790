#!/usr/bin/env bash
# Builds the images without an image registry: a Debian base by debootstrap, then everything else on it.
#
# Needs root (for debootstrap's chroot), Docker, and a Debian mirror and a Python package index in reach. The base takes
# over the certificates that this machine trusts besides its distribution's, so that a proxy of yours is trusted too.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=bookworm
base=agenticai-base:$suite

make_base() {
    local root
    root=$(mktemp -d)
    trap 'rm -rf "$root"' RETURN
    debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv "$suite" "$root" >"$root.log" 2>&1 || {
        tail -n 5 "$root.log" >&2
        return 1
    }
    rm -f "$root.log"
    find /usr/local/share/ca-certificates -name '*.crt' -exec cp -t "$root/usr/local/share/ca-certificates" {} +
    chroot "$root" update-ca-certificates >/dev/null 2>&1
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* "$root"/usr/share/locale/*
    tar --directory "$root" --sort=name --numeric-owner --create . | docker import \
        --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' - "$base" >/dev/null
}

if ! docker image inspect "$base" >/dev/null 2>&1; then
    echo "Making $base ..."
    make_base
fi
echo "Building agenticai ..."
docker build --quiet --build-arg BASE_IMAGE="$base" --target agenticai --tag agenticai:local .
echo "Building agenticai-localstack ..."
docker build --quiet --build-arg BASE_IMAGE="$base" --build-arg LOCALSTACK_IMAGE=localstack-runtime --target localstack \
    --tag agenticai-localstack:local .
