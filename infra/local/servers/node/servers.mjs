// Serves DynamoDB (dynalite), and SNS and SQS (fauxqs), from memory on Unix sockets in a directory, its first
// argument: no web page can reach those. The other arguments select the services, which name the sockets. It exits when
// its standard input ends, so that it can't outlive the program that started it.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { buildApp } from 'fauxqs'
import { SqsStore } from '../../../node_modules/fauxqs/dist/sqs/sqsStore.js'

const require = createRequire(import.meta.url)
const [directory, ...names] = process.argv.slice(2)
const socket = name => join(directory, name)

async function dynamodb() {
  // dynalite does not implement ReturnValuesOnConditionCheckFailure.
  const { types } = require('dynalite/validations/updateItem')
  types.ReturnValuesOnConditionCheckFailure = types.ReturnValues
  const db = require('dynalite/db')
  const check = db.checkConditional
  db.checkConditional = (data, existing) => {
    const failure = check(data, existing)
    if (failure && existing && data.ReturnValuesOnConditionCheckFailure === 'ALL_OLD') failure.body.Item = existing
    return failure
  }
  const server = require('dynalite')({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  // dynalite throws if a client leaves in the middle of a request, which would end this process.
  server.on('request', request => request.removeAllListeners('error').on('error', () => {}))
  await new Promise((resolve, reject) => server.once('error', reject).listen(socket('dynamodb'), resolve))
}

async function messaging() {
  const sqsStore = new SqsStore()
  sqsStore.host = '' // queues' URLs have the Host that the client knows, not one below localhost, which few resolve
  const app = buildApp({ logger: false, defaultRegion: process.env.AWS_REGION, stores: { sqsStore } })
  // The guidance's API function publishes to TargetArn, which SNS takes too.
  app.addHook('preHandler', async ({ body }) => { if (body?.TargetArn) body.TopicArn ??= body.TargetArn })
  await app.listen({ path: socket('messaging') })
}

const services = { dynamodb, messaging }
for (const name of names) await services[name]()
process.stdin.on('end', () => process.exit(0)).resume()
