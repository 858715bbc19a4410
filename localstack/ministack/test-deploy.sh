#!/usr/bin/env bash
# Builds the template and deploys it with the SAM CLI to ministack, an AWS emulator that
# needs no Docker, and runs the end-to-end suite against it.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=.cache/test-deploy
sam=.cache/sam/bin/sam
stack=ticketsystem-test
mkdir -p "$work"

step() { printf '\n== %s (%ds)\n' "$1" "$SECONDS"; }

free_port() { # below the ports that systems give to every socket, such as those of tests beside this one
  python3 -c 'import random, socket; print(next(p for p in iter(lambda: random.randrange(20_000, 32_000), 0) if socket.socket().connect_ex(("localhost", p))))'
}

start_emulator() {
  set -m # own process group, so that stop_emulator also ends its functions
  .cache/ministack/bin/python localstack/ministack/launcher.py >"$work/ministack.log" 2>&1 &
  emulator=$!
  set +m
  trap stop_emulator EXIT
  for _ in $(seq 150); do
    if curl --silent --fail --output /dev/null "$url/_ministack/health"; then return; fi
    kill -0 "$emulator" || break
    sleep 0.2
  done
  tail -n 20 "$work/ministack.log" >&2
  echo "ministack did not start" >&2
  exit 1
}

stop_emulator() {
  kill -- "-$emulator" 2>/dev/null || true
  wait "$emulator" 2>/dev/null || true
}

output() { # prints one output of the stack
  "$sam" list stack-outputs --stack-name "$stack" --output json |
    python3 -c 'import json, sys; print(next(o["OutputValue"] for o in json.load(sys.stdin) if o["OutputKey"] == sys.argv[1]))' "$1"
}

GATEWAY_PORT=$(free_port)
url=http://localhost:$GATEWAY_PORT
api=$url/_aws/execute-api/httpapi
socket=localhost:$GATEWAY_PORT/_aws/execute-api/socketapi/live

# These variables keep this script, and the functions that inherit them, away from real AWS accounts.
unset AWS_PROFILE AWS_SESSION_TOKEN
export BIND_HOST=127.0.0.1 GATEWAY_PORT AWS_ENDPOINT_URL=$url AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
export SAM_CLI_TELEMETRY=0 SAM_CLI_POLL_DELAY=0.2

step "build"
make --no-print-directory GOARCH=amd64 .cache/functions-linux-amd64/built
GOARCH=amd64 "$sam" build --build-dir "$work/build" >"$work/build.log" 2>&1 ||
  { tail -n 40 "$work/build.log" >&2; exit 1; }

step "deploy"
start_emulator
# SES requires a verified sender.
curl --silent --fail --output /dev/null "$url/" \
  --header "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/$AWS_REGION/ses/aws4_request, SignedHeaders=host, Signature=none" \
  --data Action=VerifyEmailIdentity --data EmailAddress=support@example.com
PYTHONPATH=localstack/ministack/fastzip "$sam" deploy --template-file "$work/build/template.yaml" --config-file "$PWD/samconfig.toml" --stack-name "$stack" \
  --parameter-overrides Architecture=x86_64 RateLimitPerIP=10000 TicketsPerMinute=1000000 ProfileChangesPerHour=1000000 MessagesPerMinute=1000000 MessagesPerDay=1000000 PendingUploadMiB=100000000 MaxSockets=1000000 MaxSessions=10000 RequestsPerSecond=10000 LoginsPerSecond=10000 AllowedOrigins=https://app.example \
  SenderAddress=support@example.com NotificationDelaySeconds=1 \
  "ApiUrl=$api" "SocketUrl=ws://$socket" "SocketEndpoint=http://$socket" >"$work/deploy.log" 2>&1 ||
  { tail -n 60 "$work/deploy.log" >&2; exit 1; }

step "seed"
TABLE_NAME=$(output TableName) AWS_ENDPOINT_URL_DYNAMODB=$url go run ./localstack/testkit/seed/cmd

step "smoke test, and redrive of a dead letter"
API_URL=$api SOCKET_URL=ws://$socket go run ./localstack/tools/smoke
"${sam%/sam}/python" - "$stack" <<'EOF'
import boto3, json, sys
stack = boto3.client("cloudformation")
physical = lambda name: stack.describe_stack_resource(StackName=sys.argv[1], LogicalResourceId=name)["StackResourceDetail"]["PhysicalResourceId"]
function = boto3.client("lambda").get_function(FunctionName=physical("EmailFeedbackFunction"))["Configuration"]["FunctionArn"]
record = {"requestContext": {"functionArn": function}, "requestPayload": {"Records": []}}
boto3.client("sqs").send_message(QueueUrl=physical("DeliveryDLQ"), MessageBody=json.dumps(record))
EOF
YES=1 "${sam%/sam}/python" infra/redrive.py DeliveryDLQ "$stack" | tee "$work/redrive.log"
grep --quiet "returned 1, kept 0" "$work/redrive.log"

step "end-to-end suite on the deployed stack"
API_URL=$api SOCKET_URL=ws://$socket OUTBOX_URL=$url go test -count=1 -shuffle=on ./localstack/tests/e2e/... ||
  {
    # Whether the failure came from the emulator: functions that timed out, and a stopped event loop.
    grep -E -A 40 'Task timed out|^Timeout \(' "$work/ministack.log" | head -n 200 >&2 || true
    echo "the emulator's log: $work/ministack.log" >&2
    exit 1
  }

step "done"
