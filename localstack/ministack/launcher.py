"""Starts ministack 1.5.33 with patches for features that the template needs.

ministack emulates AWS in one process without Docker. Each numbered patch changes its
internals, so localstack/tools/requirements/ministack.txt pins the version. After an
upgrade, try to remove each patch.
"""

import asyncio
import contextlib
import copy
import faulthandler
import functools
import json
import socket
import socketserver
import time

# 1. Disable Nagle's algorithm in the Lambda Runtime API: delayed ACKs cost 40 ms per call.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True

import hypercorn.asyncio  # noqa: E402

from ministack.core import lambda_runtime  # noqa: E402
from ministack.services import apigateway, dynamodb, lambda_svc, s3, ses, ses_v2  # noqa: E402
from ministack.services.cloudformation import changesets, engine, provisioners  # noqa: E402

api_handler = provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
create_api, update_api = api_handler["create"], api_handler["update"]
apply_transforms = engine._apply_transforms
execute_function = lambda_svc._execute_function_with_config_scope
handle_websocket = apigateway.handle_websocket
post_object = s3._post_object
send_mail = ses._record_send


def transform(template, provided=None, previous=None):
    """2. Passes the values of this deployment to the SAM transform, which resolves parameters."""
    template = copy.deepcopy(template)
    for name, value in engine._transform_parameters(template, provided, previous).items():
        template["Parameters"][name]["Default"] = value
    return apply_transforms(template, provided, previous)


changesets._apply_transforms = transform


def checked(response):
    """Returns the body of an API Gateway response, or raises its error."""
    status, _, body = response
    if status >= 400:
        raise ValueError(f"HttpApi Body: {body!r}")
    return json.loads(body)


def load_body(api_id, properties):
    """3. Creates the routes of the OpenAPI `Body` into which SAM translates an HttpApi."""
    body = properties.get("Body")
    if not body:
        return
    apigateway._routes[api_id], apigateway._integrations[api_id] = {}, {}
    cors = body.get("x-amazon-apigateway-cors")
    if cors:
        checked(apigateway._update_api(api_id, {"corsConfiguration": cors}))
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            load_route(api_id, path, method, operation["x-amazon-apigateway-integration"])


def load_route(api_id, path, method, integration):
    created = checked(apigateway._create_integration(api_id, {
        "integrationType": "AWS_PROXY",
        "integrationUri": integration["uri"],
        "payloadFormatVersion": integration["payloadFormatVersion"],
    }))
    verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
    checked(apigateway._create_route(api_id, {
        "routeKey": path if path == "$default" else f"{verb} {path}",
        "target": f"integrations/{created['integrationId']}",
    }))


def create(logical_id, properties, stack_name):
    # 4. Use the logical id in lower case as API id, so that the URL is known before the
    # deployment.
    tags = {**(properties.get("Tags") or {}), "ms-custom-id": logical_id.lower()}
    result = create_api(logical_id, {**properties, "Tags": tags}, stack_name)
    load_body(result[0], properties)
    return result


def update(physical_id, old, new, stack_name, logical_id=None):
    result = update_api(physical_id, old, new, stack_name, logical_id)
    load_body(result[0], new)
    return result


api_handler["create"], api_handler["update"] = create, update


def execute(function, event):
    """5. Adds x-forwarded-proto and moves cookies from the headers into `cookies`, as
    payload format 2.0 does."""
    if isinstance(event, dict) and "requestContext" in event and "headers" in event:
        event["headers"]["x-forwarded-proto"] = "http"
    if isinstance(event, dict) and event.get("version") == "2.0":
        cookie = event["headers"].pop("cookie", "")
        if cookie:
            event["cookies"] = cookie.split("; ")
    return execute_function(function, event)


lambda_svc._execute_function_with_config_scope = execute


async def serve_socket(scope, receive, send, *rest, **options):
    """6. Closes a socket with code 1009 after a frame over 32 KiB."""
    oversized = False

    async def receive_limited():
        nonlocal oversized
        message = await receive()
        payload = message.get("text") or message.get("bytes") or ""
        size = len(payload.encode() if isinstance(payload, str) else payload)
        if size <= 32 * 1024:
            return message
        oversized = True
        return {"type": "websocket.disconnect", "code": 1009}

    async def send_reason(message):
        if oversized and message["type"] == "websocket.close":
            message["code"] = 1009
        await send(message)

    await handle_websocket(scope, receive_limited, send_reason, *rest, **options)


apigateway.handle_websocket = serve_socket


def post_checked(bucket, body, headers):
    """7. Rejects a POST form whose file does not match its x-amz-checksum-sha256."""
    form = {part[0].lower(): part[3] for part in s3._parse_multipart_form(headers.get("content-type", ""), body)}
    declared = form.get("x-amz-checksum-sha256", b"").decode()
    if declared and declared != s3._compute_s3_checksum("SHA256", form.get("file", b"")):
        return s3._error("BadDigest", "The SHA256 you specified did not match the calculated checksum.", 400)
    return post_object(bucket, body, headers)


s3._post_object = post_checked


def record_send(source, to_addrs, *rest, config_set="", **options):
    """8. Publishes bounces and complaints to the event destinations of the configuration set."""
    message_id = send_mail(source, to_addrs, *rest, config_set=config_set, **options)
    record = ses_v2._config_sets.get(config_set) or {}
    for destination in (record.get("EventDestinations") or {}).values():
        for address in to_addrs:
            publish_outcomes(destination, source, message_id, address)
    return message_id


def publish_outcomes(destination, source, message_id, address):
    box, _, domain = address.lower().partition("@")
    if domain != ses._SIMULATOR_DOMAIN or not destination.get("Enabled"):
        return
    for kind, subtype in ses._SIMULATOR_OUTCOMES.get(box.split("+")[0], ()):
        if kind.upper() in destination["MatchingEventTypes"]:
            at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
            mail = {"timestamp": at, "source": source, "messageId": message_id, "destination": [address]}
            detail = ses._notification_detail(kind, address, at, subtype)
            ses._publish_notification(destination["SnsDestination"]["TopicArn"], {"eventType": kind, "mail": mail, **detail})


ses._record_send = record_send

# 9. Wait 2 ms instead of 50 ms per invocation for the first log line.
for runtime in vars(lambda_runtime).values():
    drain = getattr(runtime, "_drain_stderr_bounded", None) if isinstance(runtime, type) else None
    if drain:
        drain.__defaults__ = (0.002, *drain.__defaults__[1:])

# 10. Cache parsed conditions. A query parses its condition for every item of the partition,
# which takes a third of the CPU time of the suite.
for parse in (dynamodb._tokenize, dynamodb._condition_syntax_error):
    setattr(dynamodb, parse.__name__, functools.lru_cache(maxsize=4096)(parse))

# 11. Raise function timeouts to at least 5 minutes. The emulator, all functions and the suite
# share one machine, which may stand still for a minute, and the emulator never repeats a batch
# of a stream whose function timed out.
init_worker = lambda_runtime.ProvidedWorker.__init__


def init_with_min_timeout(worker, name, config, code):
    init_worker(worker, name, {**config, "Timeout": max(300, config["Timeout"])}, code)


lambda_runtime.ProvidedWorker.__init__ = init_with_min_timeout

# 12. Accept alarms on expressions, which ministack does not evaluate.
alarm_record = provisioners._cw_metric_alarm_record


def record_alarm(name, properties):
    metrics = properties.get("Metrics")
    if not metrics:
        return alarm_record(name, properties)
    result = next(m for m in metrics if "Expression" in m)
    simple = {key: value for key, value in properties.items() if key != "Metrics"}
    return alarm_record(name, {**simple, "Namespace": "Expression", "MetricName": result["Label"]})


provisioners._cw_metric_alarm_record = record_alarm

# 13. Accept types that ministack does not have: saved queries of Logs Insights, and CodeDeploy,
# without which an alias moves to the new version at once.
for kind in ("AWS::Logs::QueryDefinition", "AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup"):
    provisioners._RESOURCE_HANDLERS[kind] = {
        "create": lambda logical_id, properties, stack_name: (f"{stack_name}-{logical_id}", {}),
        "update": lambda physical_id, old, new, stack_name: (physical_id, {}),
        "delete": lambda physical_id, properties: None,
    }



async def watch_event_loop():
    """14. Logs the stacks of all threads when the event loop stands still for 20 s."""
    while True:
        faulthandler.dump_traceback_later(20)
        await asyncio.sleep(1)


async def serve_watched(*arguments):
    watch = asyncio.create_task(watch_event_loop())
    try:
        await serve(*arguments)
    finally:
        watch.cancel()


# 15. Wait for connections without waking up. Each instance of a function has a server in a
# thread that woke up ten times a second, and the instances are hundreds.
serve_forever, shutdown = socketserver.BaseServer.serve_forever, socketserver.BaseServer.shutdown


def shutdown_at_once(server):
    server._BaseServer__shutdown_request = True
    with contextlib.suppress(OSError), socket.create_connection(server.server_address, timeout=1):
        shutdown(server)


socketserver.BaseServer.serve_forever = lambda server, poll_interval=0: serve_forever(server, 3600)
socketserver.BaseServer.shutdown = shutdown_at_once

serve, hypercorn.asyncio.serve = hypercorn.asyncio.serve, serve_watched

from ministack.app import main  # noqa: E402

main()
