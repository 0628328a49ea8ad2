#!/bin/sh
# Many faxes at once through faxgw with its embedded configuration, in real time: from G.711 to T.38.
# Usage: load.sh FAXGW FAXLAB PAGE.tif CALLS OUT_DIRECTORY
set -eu
faxgw=$1 faxlab=$2 page=$3 calls=$4 out=$5
mkdir -p "$out"
rm -rf "$out/records"

"$faxgw" run --records "$out/records" 2>"$out/faxgw.log" &
gateway=$!
trap 'kill $gateway 2>/dev/null || true' EXIT
sleep 1

seconds() { # of CPU that the gateway has used
  awk '{ print ($14 + $15) / 100 }' "/proc/$gateway/stat"
}
before=$(seconds)
"$faxlab" load sip:200@127.0.0.1:5060 "$page" --calls "$calls" --answerers 127.0.0.1:5070 || true
after=$(seconds)
echo "gateway: $before s of CPU before, $after s after; $(grep VmHWM "/proc/$gateway/status" | tr -s '\t ' ' ')"
kill -TERM $gateway
wait $gateway 2>/dev/null || true
trap - EXIT
"$faxgw" calls --records "$out/records" -n 1000 | awk 'NR > 1 { causes[$NF]++ } END { for (cause in causes) print "records:", cause, causes[cause] }'
