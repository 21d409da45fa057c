-- What did this user do, as an IAM user, in sessions of that name, or as the source identity?
-- user: alice
SELECT eventtimestamp,
       account,
       awsregion,
       eventsource,
       eventname,
       useridentity_arn,
       sourceipaddress,
       errorcode,
       requestparameters,
       eventid
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (useridentity_username = 'alice'
       OR split_part(useridentity_principalid, ':', 2) = 'alice'
       OR useridentity_sessioncontext_sourceidentity = 'alice')
ORDER BY eventtimestamp, eventid
