-- Who changed the policies and grants of KMS keys?
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       requestparameters_keyid AS kms_key,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       json_extract_scalar(requestparameters, '$.granteePrincipal') AS grantee,
       requestparameters_policy AS new_policy,
       errorcode
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'kms.amazonaws.com'
  AND eventname IN ('PutKeyPolicy', 'CreateGrant', 'RetireGrant', 'RevokeGrant')
ORDER BY eventtimestamp, eventid
