#!/bin/sh
# The program under search: packs a file, and unpacks it again, in the way that its settings say.
#
#   pack.sh check  SETTINGS WORK                  could it be done here? says why not
#   pack.sh pack   SETTINGS WORK <file   >packed  leaves its dictionary, if any, at WORK/dict
#   pack.sh unpack SETTINGS WORK <packed >file
#
# SETTINGS is one argument of KEY=VALUE words, for example "codec=gzip level=6 layout=columns".
set -eu
export LC_ALL=C
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

die() {
    echo "pack: $*" >&2
    exit 1
}

what=$1 settings=$2 work=$3

codec=gzip level=6 flags=''                     # the compressor and its options
layout=rows order=123456                        # rows|columns; the order of the columns, or `search` for the best one
time=plain station=plain reading=plain note=plain
sum=stored                                      # or left out, and `computed` again, or with a process a row: `forked`
words=0                                         # so many frequent words of the notes become codes of two characters
for setting in $settings; do
    value=${setting#*=}
    case $setting in
        codec=*) codec=$value ;;
        level=*) level=$value ;;
        flags=*) flags=$value ;;
        layout=*) layout=$value ;;
        order=*) order=$value ;;
        time=*) time=$value ;;
        station=*) station=$value ;;
        reading=*) reading=$value ;;
        note=*) note=$value ;;
        sum=*) sum=$value ;;
        words=*) words=$value ;;
        *) die "unknown setting $setting" ;;
    esac
done

dict=
[ "$words" = 0 ] || dict=$work/dict

# fields PROGRAM ORDER: one of the two awk programs, told the settings.
fields() {
    awk -v time="$time" -v station="$station" -v reading="$reading" -v note="$note" -v sum="$sum" -v layout="$layout" \
        -v dict="$dict" -v order="$2" -f "$here/sum.awk" -f "$here/$1.awk"
}

# The words that save most bytes when they become codes of two.
frequent_words() {
    awk -F, '{ gsub(/ /, "\n", $5); print $5 }' | sort | uniq -c |
        awk 'length($2) > 2 { print $1 * (length($2) - 2), $2 }' | sort -k1,1nr -k2 |
        awk -v most="$words" 'NR <= most { print $2 }'
}

compress() {
    # shellcheck disable=SC2086  # flags are none, one or several words
    "$codec" "-$level" $flags -c || die "$codec -$level $flags failed"
}

# Every order of six columns, 720 of them.
orders() {
    awk 'function extend(order, rest,    i) {
             if (rest == "") print order
             for (i = 1; i <= length(rest); i++)
                 extend(order substr(rest, i, 1), substr(rest, 1, i - 1) substr(rest, i + 1))
         }
         BEGIN { extend("", "123456") }'
}

# Tries them all, and prints the one that packs best.
best_order() {
    for candidate in $(orders); do
        fields encode "$candidate" <"$work/in" | compress | wc -c | awk -v order="$candidate" '{ print $1, order }'
    done | sort -n | awk 'NR == 1 { print $2 }'
}

case $what in
    check)
        command -v "$codec" >"$work/found" || die "$codec is not installed"
        [ "$words" -le 3844 ] || die "words=$words: there are only 3844 codes of two characters"
        ;;
    pack)
        cat >"$work/in"
        [ -z "$dict" ] || frequent_words <"$work/in" >"$dict"
        [ "$order" != search ] || order=$(best_order)
        fields encode "$order" <"$work/in" >"$work/encoded"
        compress <"$work/encoded"
        ;;
    unpack)
        "$codec" -dc >"$work/encoded"
        if [ "$sum" = forked ]; then
            # shellcheck disable=SC2016  # these are fields of awk
            add_sum="$(cat "$here/sum.awk")"' { print $0 "," checksum($1, $2, $3, $5) }'
            fields decode - <"$work/encoded" | while IFS= read -r row; do
                printf '%s\n' "$row" | awk -F, "$add_sum"
            done
        else
            fields decode - <"$work/encoded"
        fi
        ;;
    *) die "unknown: $what" ;;
esac
