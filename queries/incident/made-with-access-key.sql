-- Which users, keys, roles and sessions did this access key create: what else must be revoked?
-- access_key: AKIAIOSFODNN7EXAMPLE
SELECT eventtimestamp,
       account,
       eventname,
       sourceipaddress,
       coalesce(responseelements_accesskey_accesskeyid,
                responseelements_credentials_accesskeyid) AS new_access_key,
       coalesce(requestparameters_username, requestparameters_rolename,
                requestparameters_rolearn, requestparameters_name) AS target,
       responseelements_assumedroleuser_arn AS session_arn
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_accesskeyid = 'AKIAIOSFODNN7EXAMPLE'
  AND eventsource IN ('iam.amazonaws.com', 'sts.amazonaws.com')
  AND (eventname LIKE 'Create%' OR eventname LIKE 'AssumeRole%'
       OR eventname IN ('GetFederationToken', 'GetSessionToken', 'UpdateLoginProfile'))
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
