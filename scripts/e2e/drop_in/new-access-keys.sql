-- Access keys made, and for whom.
SELECT eventtime, useridentity.arn, useridentity.username, eventname,
       JSON_EXTRACT_SCALAR(JSON_EXTRACT(responseelements, '$.accessKey'), '$.userName') AS userName,
       JSON_EXTRACT_SCALAR(JSON_EXTRACT(responseelements, '$.accessKey'), '$.accessKeyId') AS accessKey
FROM cloudtrail
WHERE eventname = 'CreateAccessKey'
  AND errorcode IS NULL
  AND date BETWEEN '${from}' AND '${to}'
ORDER BY eventtime;
