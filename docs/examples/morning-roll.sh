#!/bin/sh
# Calls the morning's roll and mails the list of those who did not answer. From cron, on any day:
#   5 8 * * *  CLASS="Physics 10b" OFFICE=office@school.example /usr/local/bin/morning-roll.sh
# Without a lesson at that time (a holiday, a cancelled one) it asks nobody and sends nothing.
set -u
list=$(mktemp) && trap 'rm -f "$list"' EXIT || exit 1
muster roll open "$CLASS" --meeting now --txn-id "morning-$(date +%F)" --wait -q >/dev/null 2>"$list"
status=$?
case $status in
0 | 5) exit 0 ;; # everybody has answered; no lesson is on
8) ;;            # some have not
*) cat "$list" >&2 && exit "$status" ;;
esac
muster roll status "$CLASS" --format tsv >"$list" || exit 1
awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) col[$i] = i }
	$col["status"] == "absent" { print $col["external_id"], $col["name"] }' "$list" |
	mail -s "Absent in $CLASS, $(date +%F)" "$OFFICE"
