"""The peer of functions/record: one conditional UpdateItem an announcement, with boto3."""
import json
import os
import urllib.request

import boto3

TABLE = boto3.client("dynamodb")
API = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"


def handle(event):
    for record in event["Records"]:
        message = json.loads(record["Sns"]["Message"])
        TABLE.update_item(
            TableName=os.environ["TASK_TABLE"],
            Key={"task_id": {"S": str(message["id"])}},
            UpdateExpression="SET #status = :status, #version = :version",
            ConditionExpression="attribute_not_exists(#version) OR #version < :version",
            ExpressionAttributeNames={"#status": "status", "#version": "version"},
            ExpressionAttributeValues={
                ":status": {"S": message["status"]},
                ":version": {"S": record["Sns"]["Timestamp"]},
            },
        )


while True:
    with urllib.request.urlopen(API + "next") as invocation:
        request = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
        handle(json.load(invocation))
    urllib.request.urlopen(API + request + "/response", data=b"null").close()
