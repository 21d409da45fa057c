-- The first resource of each KMS call.
SELECT eventname, resources[1].arn AS key_arn, resources[1].accountid AS owner, resources[1].type, count(*) AS calls
FROM cloudtrail
WHERE eventsource = 'kms.amazonaws.com' AND cardinality(resources) > 0
  AND date BETWEEN '${from}' AND '${to}'
GROUP BY 1, 2, 3, 4;
