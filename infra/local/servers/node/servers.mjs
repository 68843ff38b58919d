// Serves DynamoDB (dynalite), and SNS and SQS (fauxqs), from memory on free
// ports of 127.0.0.1. The arguments select the services. Once they listen, it prints
// their URLs as one line of JSON. It exits when its standard input ends, so that it
// can't outlive the program that started it.
import { createRequire } from 'node:module'
import { buildApp } from 'fauxqs'

const require = createRequire(import.meta.url)
const host = '127.0.0.1'
const urls = {}

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
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, host, resolve))
  urls.dynamodb = `http://${host}:${server.address().port}`
}

async function messaging() {
  const region = process.env.AWS_REGION
  urls.messaging = await buildApp({ logger: false, defaultRegion: region }).listen({ port: 0, host })
}

const services = { dynamodb, messaging }
for (const name of process.argv.slice(2)) await services[name]()
console.log(JSON.stringify(urls))
process.stdin.on('end', () => process.exit(0)).resume()
