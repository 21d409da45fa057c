
// Follows the recipe of docs/engines.md: the questions of readers.py, in their order.
const counted = (rows, ...names) => {
  const counts = new Map()
  for (const row of rows) {
    const key = JSON.stringify(names.map(name => row[name] ?? null))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].map(([key, count]) => [...JSON.parse(key), count])
}
const values = of => counted(cloudtrail.flatMap(of).filter(value => value != null).map(value => ({ value })), 'value')
const one = cloudtrail.filter(row =>
  row.account === '012345678901' && row.region === 'us-east-1' && row.date === '2024-05-02')
const rows = Object.entries(logins)
console.log(JSON.stringify({
  logins: rows,
  answers: [
    counted(cloudtrail, 'account', 'region', 'date'),
    counted(cloudtrail, 'eventname'),
    rows,
    values(row => row.requestparameters_groupid),
    values(row => row.useridentity?.sessioncontext?.sessionissuer?.arn),
    values(row => row.resources_arn ?? []),
    counted(one, 'eventname'),
  ],
}))
