-- Who created this role, and changed it since?
-- role: Admin
SELECT eventtimestamp,
       account,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       coalesce(requestparameters_policyarn, requestparameters_policyname) AS policy,
       requestparameters_assumerolepolicydocument AS trust_policy,
       errorcode
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND requestparameters_rolename = 'Admin'
  AND readonly = 'false'
ORDER BY eventtimestamp, eventid
