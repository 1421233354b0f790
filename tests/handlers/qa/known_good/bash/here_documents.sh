cat <<'EOF' | sed 's/(/[/'
it's (here
EOF
f() { local x=${1:?no}; ((x++)); }
while read -r l; do :; done < <(ls)
shopt -s extglob
rm -f !(a|b)
