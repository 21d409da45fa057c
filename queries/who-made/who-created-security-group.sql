-- Who created this security group?
-- group_id: sg-0123456789abcdef0
SELECT eventtimestamp,
       account,
       awsregion,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       requestparameters_groupname,
       requestparameters_vpcid
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname = 'CreateSecurityGroup'
  AND json_extract_scalar(responseelements, '$.groupId') = 'sg-0123456789abcdef0'
ORDER BY eventtimestamp, eventid
