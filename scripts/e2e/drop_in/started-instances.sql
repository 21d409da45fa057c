-- Who started instances.
SELECT eventtime, useridentity.arn,
       json_extract_scalar(responseelements, '$.instancesSet.items[0].instanceId') AS instance_id,
       json_extract_scalar(requestparameters, '$.instanceType') AS instance_type
FROM cloudtrail
WHERE eventname = 'RunInstances' AND errorcode IS NULL
  AND date BETWEEN '${from}' AND '${to}';
