-- Who created this access key of an IAM user?
-- access_key: AKIAIOSFODNN7EXAMPLE
SELECT eventtimestamp,
       account,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       useragent,
       coalesce(requestparameters_username, useridentity_username, useridentity_type) AS owner
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname = 'CreateAccessKey'
  AND responseelements_accesskey_accesskeyid = 'AKIAIOSFODNN7EXAMPLE'
ORDER BY eventtimestamp, eventid
