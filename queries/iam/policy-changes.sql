-- Who changed which IAM policies, and for whom?
SELECT eventtimestamp,
       account,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       coalesce(requestparameters_username, requestparameters_rolename,
                requestparameters_groupname) AS target,
       coalesce(requestparameters_policyarn, requestparameters_policyname) AS policy,
       requestparameters_policydocument,
       errorcode
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND (eventname LIKE '%Policy' OR eventname LIKE '%PolicyVersion' OR eventname LIKE '%PermissionsBoundary')
  AND readonly = 'false'
ORDER BY eventtimestamp, eventid
