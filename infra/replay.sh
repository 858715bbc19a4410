#!/bin/sh
# Calls projection-replay until it has been through all logs. A run that failed
# is repeated from where it began; CURSOR= goes on where an earlier call ended.
set -eu

cursor=${CURSOR:-}
failed=0
while :; do
	event="{\"cursor\":\"$cursor\"}"
	if [ -n "${STACK:-}" ]; then
		answer=$(SAM_CLI_TELEMETRY=0 .cache/sam/bin/sam remote invoke ProjectionReplayFunction --stack-name "$STACK" --event "$event" 2>&1) || answer="failed: $answer"
	else
		answer=$(curl -sS --fail-with-body -X POST --data "$event" "http://localhost:${PORT:-3000}/_local/functions/projection-replay/invoke" 2>&1) || answer="failed: $answer"
	fi
	counts=$(printf '%s\n' "$answer" | grep -o '"tickets":[0-9]*,"mended":[0-9]*,"people":[0-9]*' || true)
	if [ -z "$counts" ]; then
		printf '%s\n' "$answer" >&2
		failed=$((failed + 1))
		if [ "$failed" -ge 3 ]; then
			echo "gave up; go on with: make replay CURSOR=$cursor" >&2
			exit 1
		fi
		continue
	fi
	failed=0
	echo "$counts"
	cursor=$(printf '%s\n' "$answer" | sed -n 's/.*"cursor":"\([A-Za-z0-9_-]*\)".*/\1/p')
	[ -n "$cursor" ] || break
done
echo "replayed"
