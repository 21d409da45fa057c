-- What was done in this role session (ROLE/SESSION, as in its ARN)?
-- role_session: Admin/alice@example.com
SELECT eventtimestamp,
       account,
       awsregion,
       eventsource,
       eventname,
       useridentity_accesskeyid,
       sourceipaddress,
       errorcode,
       requestparameters,
       eventid
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND split_part(useridentity_arn, ':assumed-role/', 2) = 'Admin/alice@example.com'
ORDER BY eventtimestamp, eventid
