-- Who gave someone all rights, by an administrator policy or by a policy that allows every action?
SELECT eventtimestamp,
       account,
       eventname,
       useridentity_arn,
       sourceipaddress,
       coalesce(requestparameters_username, requestparameters_rolename,
                requestparameters_groupname) AS target,
       coalesce(requestparameters_policyarn, requestparameters_policyname) AS policy
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'iam.amazonaws.com'
  AND (eventname LIKE 'Attach%Policy'
           AND (requestparameters_policyarn LIKE '%:policy/AdministratorAccess'
                OR requestparameters_policyarn LIKE '%:policy/IAMFullAccess')
       OR (eventname LIKE 'Put%Policy' OR eventname LIKE 'CreatePolicy%')
           AND regexp_like(requestparameters_policydocument,
                           '"Action"\s*:\s*(\[[^\]]*)?"(\*|\*:\*|iam:\*)"'))
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
