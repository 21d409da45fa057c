-- Who ran commands or opened sessions on which instances?
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       requestparameters_documentname,
       coalesce(requestparameters_target, requestparameters_instanceid,
                array_join(requestparameters_instanceids, ', ')) AS instances,
       errorcode
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname IN ('StartSession', 'ResumeSession', 'SendCommand', 'SendSSHPublicKey',
                    'SendSerialConsoleSSHPublicKey', 'GetPasswordData')
ORDER BY eventtimestamp, eventid
