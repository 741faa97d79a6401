#!/bin/sh
# Collects the texts that the small decoder learns from, out of four Debian packages:
#
#     collect_texts.sh OUT
#
# bible-kjv-text (King James Version: public domain), jargon-text (Jargon File: public domain),
# perl-doc (Perl's documentation: Artistic or GPL-1+, without release notes and translations) and
# debian-handbook (The Debian Administrator's Handbook: GPL-2+ or CC-BY-SA-3.0, in English).
# Nothing is installed. Other versions of the packages give other texts, and so other weights.
set -eu

[ $# -eq 1 ] || { echo "one argument is allowed: the folder to write to" >&2; exit 1; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cd "$scratch"
apt-get -qq -o APT::Sandbox::User="$(id -un)" download \
  bible-kjv bible-kjv-text debian-handbook jargon-text perl-doc
for package in *.deb; do dpkg-deb -x "$package" .; done

mkdir -p "$out/kjv" "$out/jargon" "$out/perl" "$out/handbook"
(cd usr/lib && ../bin/bible -f gen1:1-rev22:21 </dev/null) |
  sed -E 's/^[A-Za-z0-9]+:[0-9]+ //' >"$out/kjv/kjv.txt"
cp usr/share/doc/jargon-text/jargon.txt.gz "$out/jargon"
cp usr/share/perl/*/pod/*.pod "$out/perl"
(cd "$out/perl" && rm -f ./*delta.pod perlcn.pod perljp.pod perlko.pod perltw.pod)
cp usr/share/doc/debian-handbook/html/en-US/*.html "$out/handbook"
