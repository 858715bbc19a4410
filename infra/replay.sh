#!/bin/sh
# Invokes projection-replay until all logs are replayed. A failed invocation is
# repeated with the same cursor; CURSOR= continues an earlier run.
set -eu

cursor=${CURSOR:-}
failed=0
while :; do
	event="{\"cursor\":\"$cursor\"}"
	if [ -n "${STACK:-}" ]; then
		response=$(SAM_CLI_TELEMETRY=0 .cache/sam/bin/sam remote invoke ProjectionReplayFunction --stack-name "$STACK" --event "$event" 2>&1) || response="failed: $response"
	else
		response=$(curl -sS --fail-with-body -X POST --data "$event" "http://localhost:${PORT:-3000}/_local/functions/projection-replay/invoke" 2>&1) || response="failed: $response"
	fi
	counts=$(printf '%s\n' "$response" | grep -o '"tickets":[0-9]*,"repaired":[0-9]*,"users":[0-9]*' || true)
	if [ -z "$counts" ]; then
		printf '%s\n' "$response" >&2
		failed=$((failed + 1))
		if [ "$failed" -ge 3 ]; then
			echo "failed three times; continue with: make replay STACK=${STACK:-} CURSOR=$cursor" >&2
			exit 1
		fi
		continue
	fi
	failed=0
	echo "$counts"
	cursor=$(printf '%s\n' "$response" | sed -n 's/.*"cursor":"\([A-Za-z0-9_-]*\)".*/\1/p')
	[ -n "$cursor" ] || break
done
echo "done"
