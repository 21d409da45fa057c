-- Where does this temporary access key come from: who assumed which role?
-- access_key: ASIAIOSFODNN7EXAMPLE
SELECT eventtimestamp,
       account,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby, useridentity_principalid) AS caller,
       useridentity_accesskeyid AS caller_access_key,
       sourceipaddress,
       requestparameters_rolearn AS role_arn,
       responseelements_assumedroleuser_arn AS session_arn
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'sts.amazonaws.com'
  AND responseelements_credentials_accesskeyid = 'ASIAIOSFODNN7EXAMPLE'
ORDER BY eventtimestamp, eventid
