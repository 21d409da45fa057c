-- Who changed which records in Route 53?
SELECT eventtimestamp,
       account,
       useridentity_arn,
       requestparameters_hostedzoneid AS hosted_zone,
       array_join(requestparameters_changebatch_changes_action, ', ') AS actions,
       array_join(requestparameters_changebatch_changes_resourcerecordset_name, ', ') AS names,
       json_extract_scalar(requestparameters, '$.changeBatch.changes[0].resourceRecordSet.name') AS first_name,
       json_extract_scalar(requestparameters, '$.changeBatch.changes[0].resourceRecordSet.type') AS first_type,
       json_extract_scalar(requestparameters, '$.changeBatch.changes[0].resourceRecordSet.resourceRecords[0].value') AS first_value
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'route53.amazonaws.com'
  AND eventname = 'ChangeResourceRecordSets'
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
