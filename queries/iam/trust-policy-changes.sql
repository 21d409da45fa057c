-- Who changed who may assume a role?
SELECT eventtimestamp,
       account,
       eventname,
       useridentity_arn,
       sourceipaddress,
       requestparameters_rolename,
       coalesce(requestparameters_assumerolepolicydocument,
                requestparameters_policydocument) AS trust_policy
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname IN ('CreateRole', 'UpdateAssumeRolePolicy')
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
