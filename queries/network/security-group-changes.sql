-- Who changed security groups, and how?
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       coalesce(requestparameters_groupid, json_extract_scalar(responseelements, '$.groupId')) AS group_id,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       requestparameters
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'ec2.amazonaws.com'
  AND eventname IN ('AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress',
                    'RevokeSecurityGroupIngress', 'RevokeSecurityGroupEgress',
                    'ModifySecurityGroupRules', 'CreateSecurityGroup', 'DeleteSecurityGroup')
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
