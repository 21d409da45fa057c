-- What was done with this security group: its rules, and all that names it?
-- group_id: sg-0123456789abcdef0
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       errorcode,
       requestparameters
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND (requestparameters LIKE '%sg-0123456789abcdef0%'
       OR eventname = 'CreateSecurityGroup' AND responseelements LIKE '%sg-0123456789abcdef0%')
  AND readonly = 'false'
ORDER BY eventtimestamp, eventid
