#!/bin/sh
# A fax from G.711 to T.38 through faxgw with its embedded configuration, on this machine, in real time (40 s).
# Usage: demo.sh FAXGW FAXLAB PAGE.tif OUT_DIRECTORY
set -eu
faxgw=$1 faxlab=$2 page=$3 out=$4
mkdir -p "$out"
rm -rf "$out/records"

"$faxgw" run --records "$out/records" 2>"$out/faxgw.log" &
gateway=$!
"$faxlab" receive "$out/received.pdf" --sip 127.0.0.1:5070 >"$out/receive.txt" 2>&1 &
receiver=$!
trap 'kill $gateway $receiver 2>/dev/null || true' EXIT

# Both say when they listen.
tries=100
until grep -q 'waiting' "$out/receive.txt" && grep -q '5060' "$out/faxgw.log"; do
  tries=$((tries - 1))
  if [ $tries = 0 ] || ! kill -0 $gateway 2>/dev/null; then
    echo 'the gateway does not start:'; cat "$out/faxgw.log" "$out/receive.txt"; exit 1
  fi
  sleep 0.1
done

echo "faxlab send sip:200@127.0.0.1:5060 $page    (G.711; the answerer takes T.38)"
"$faxlab" send sip:200@127.0.0.1:5060 "$page" --sip-t38 refused
wait $receiver || true
echo 'The receiver:'
cat "$out/receive.txt"
sleep 1
kill -TERM $gateway
wait $gateway 2>/dev/null || true
trap - EXIT
echo
echo 'faxgw calls:'
"$faxgw" calls --records "$out/records"
id=$("$faxgw" calls --records "$out/records" --json | sed -n 's/.*"id":"\([^"]*\)".*/\1/p' | head -n 1)
echo
echo "faxgw show $id:"
"$faxgw" show "$id" --records "$out/records"
