// The peer of functions/record: one conditional UpdateItem an announcement, with
// version 3 of the AWS SDK for JavaScript.
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';

const table = new DynamoDBClient({});
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`;

async function handle(event) {
  for (const { Sns } of event.Records) {
    const message = JSON.parse(Sns.Message);
    await table.send(new UpdateItemCommand({
      TableName: process.env.TASK_TABLE,
      Key: { task_id: { S: String(message.id) } },
      UpdateExpression: 'SET #status = :status, #version = :version',
      ConditionExpression: 'attribute_not_exists(#version) OR #version < :version',
      ExpressionAttributeNames: { '#status': 'status', '#version': 'version' },
      ExpressionAttributeValues: { ':status': { S: message.status }, ':version': { S: Sns.Timestamp } },
    }));
  }
}

for (;;) {
  const invocation = await fetch(`${api}next`);
  const request = invocation.headers.get('Lambda-Runtime-Aws-Request-Id');
  await handle(await invocation.json());
  await fetch(`${api}${request}/response`, { method: 'POST', body: 'null' });
}
