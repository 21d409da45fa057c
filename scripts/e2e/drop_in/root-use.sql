-- What the root user did by itself.
SELECT eventtime, eventsource, eventname, sourceipaddress, useragent, awsregion
FROM cloudtrail
WHERE useridentity.type = 'Root'
  AND useridentity.invokedby IS NULL
  AND eventtype != 'AwsServiceEvent'
  AND date BETWEEN '${from}' AND '${to}'
ORDER BY eventtime DESC;
