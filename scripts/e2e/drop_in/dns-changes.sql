-- Changed DNS records, out of the JSON text.
SELECT eventtime, useridentity.arn,
       json_extract(requestparameters, '$.changeBatch.changes[0].resourceRecordSet.name') AS record,
       json_extract_scalar(requestparameters, '$.changeBatch.changes[0].action') AS action
FROM cloudtrail
WHERE eventsource = 'route53.amazonaws.com'
  AND eventname = 'ChangeResourceRecordSets'
  AND date BETWEEN '${from}' AND '${to}';
