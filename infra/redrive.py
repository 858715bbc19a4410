"""Shows the messages of a dead-letter queue and returns them to where they failed.

Usage: redrive.py QUEUE STACK, for example DeliveryDLQ ticketsystem-dev. A message of a queue
goes back to that queue. The event of an asynchronous invocation is sent to its function
again. A stream record has no copy of its data: it stays, and `make replay` corrects what it
would have changed. The handlers are idempotent, so a message that is returned twice does no
harm. YES=1 answers the question.
"""

import json
import os
import sys

import boto3

HIDDEN = 300  # seconds for which others do not receive what is listed


def receive(sqs, url):
    """Returns the messages of the queue. Of a group in a FIFO queue it returns the first ones."""
    messages, empty = [], 0
    while empty < 3:  # a poll may find nothing in a queue that has messages
        batch = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=HIDDEN, WaitTimeSeconds=1, AttributeNames=["All"], MessageAttributeNames=["All"]
        ).get("Messages", [])
        empty = 0 if batch else empty + 1
        messages += batch
    return messages


def origin(message):
    """Returns where a message failed: ("queue", ARN), ("function", ARN) or ("stream", ARN)."""
    source = message.get("Attributes", {}).get("DeadLetterQueueSourceArn")
    if source:
        return "queue", source
    try:
        record = json.loads(message["Body"])
    except ValueError:
        record = None
    if isinstance(record, dict):
        function = (record.get("requestContext") or {}).get("functionArn", "")
        if "requestPayload" in record and function:
            return "function", function
        if "DDBStreamBatchInfo" in record:
            return "stream", record["DDBStreamBatchInfo"].get("streamArn", "")
    return "", ""


def show(messages):
    for message in messages:
        kind, arn = origin(message)
        tries = message.get("Attributes", {}).get("ApproximateReceiveCount", "?")
        print(f"{message['MessageId']}  from {kind or 'unknown'} {arn.split(':')[-1]}, received {tries} times\n    {message['Body'][:300]}")


def queue_again(sqs, message, arn):
    target = sqs.get_queue_url(QueueName=arn.split(":")[-1])["QueueUrl"]
    options = {"MessageAttributes": message["MessageAttributes"]} if message.get("MessageAttributes") else {}
    if target.endswith(".fifo"):
        options["MessageGroupId"] = message["Attributes"]["MessageGroupId"]
        options["MessageDeduplicationId"] = message["MessageId"]
    sqs.send_message(QueueUrl=target, MessageBody=message["Body"], **options)


def invoke_again(client, message, arn):
    payload = json.dumps(json.loads(message["Body"])["requestPayload"]).encode()
    client.invoke(FunctionName=arn, InvocationType="Event", Payload=payload)


def main(name, stack):
    resource = boto3.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=name)
    url = resource["StackResourceDetail"]["PhysicalResourceId"]
    sqs, functions = boto3.client("sqs"), boto3.client("lambda")
    messages, kept, returned = receive(sqs, url), [], 0
    show(messages)
    if not messages:
        print("the queue is empty")
    elif os.environ.get("YES") != "1" and input("return them? (yes/no) ") != "yes":
        messages, kept = [], messages
    while messages:
        for message in messages:
            kind, arn = origin(message)
            if kind == "queue":
                queue_again(sqs, message, arn)
            elif kind == "function":
                invoke_again(functions, message, arn)
            else:
                kept.append(message)
                continue
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            returned += 1
        messages = receive(sqs, url)  # what followed in the groups of a FIFO queue
        show(messages)
    for message in kept:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    print(f"returned {returned}, kept {len(kept)}")


main(*sys.argv[1:])
