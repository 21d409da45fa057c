-- Who created this IAM user, its password and its access keys?
-- user: alice
SELECT eventtimestamp,
       account,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       useragent,
       responseelements_accesskey_accesskeyid AS access_key,
       errorcode
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND eventname IN ('CreateUser', 'CreateLoginProfile', 'CreateAccessKey')
  AND requestparameters_username = 'alice'
ORDER BY eventtimestamp, eventid
