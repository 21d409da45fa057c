// Reads {"principal", "account", "cases": [{"statements", "calls": [[action, resource, context]]}]} and writes, for
// each case, whether iam-simulate allows each call.
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'

const { runSimulation } = createRequire(`${process.env.NODE_MODULES}/`)('@cloud-copilot/iam-simulate')
const { principal, account, cases } = JSON.parse(await text(process.stdin))

// A key's own policy leaves all to the account's, as AWS makes it.
const keyPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }],
}
const everything = [{
  orgIdentifier: 'root',
  policies: [{ name: 'all', policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] } }],
}]

async function allows(statements, [action, resource, contextVariables]) {
  const answer = await runSimulation({
    request: { principal, action, resource: { resource, accountId: account }, contextVariables },
    identityPolicies: [{ name: 'shipped', policy: { Version: '2012-10-17', Statement: statements } }],
    serviceControlPolicies: everything,
    resourceControlPolicies: [],
    ...(action.startsWith('kms:') && { resourcePolicy: keyPolicy }),
  }, {})
  if (answer.resultType === 'error') throw new Error(`${action} ${resource}: ${JSON.stringify(answer.errors)}`)
  const ignored = answer.resultType === 'single' ? answer.result.ignoredContextKeys : []
  if (ignored?.length) throw new Error(`${action} knows no ${ignored}`)
  return answer.overallResult === 'Allowed'
}

const verdicts = []
for (const { statements, calls } of cases) {
  verdicts.push(await Promise.all(calls.map(call => allows(statements, call))))
}
console.log(JSON.stringify(verdicts))
