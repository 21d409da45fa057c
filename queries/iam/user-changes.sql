-- Which IAM users, passwords, MFA devices and group memberships changed, and who changed them?
SELECT eventtimestamp,
       account,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       coalesce(requestparameters_username, useridentity_username) AS target,
       requestparameters_groupname,
       requestparameters_serialnumber,
       errorcode
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND (eventname IN ('CreateUser', 'DeleteUser', 'UpdateUser', 'ChangePassword',
                     'AddUserToGroup', 'RemoveUserFromGroup')
       OR eventname LIKE '%LoginProfile'
       OR eventname LIKE '%MFADevice')
  AND readonly = 'false'
ORDER BY eventtimestamp, eventid
