#!/usr/bin/env bash
set -euo pipefail
for f in "${files[@]:-}"; do [[ $f =~ ^a(b|c)$ ]] && echo "${f%.*} $(date "+%s") $((1 + 2))" || true; done
case $1 in a|b) ;; (c) : ;; *) exit 1 ;; esac
