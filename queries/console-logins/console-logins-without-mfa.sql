-- Which users and roots logged in to the console without MFA?
SELECT eventtimestamp,
       account,
       useridentity_type,
       useridentity_arn,
       sourceipaddress,
       useragent
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventname = 'ConsoleLogin'
  AND responseelements_consolelogin = 'Success'
  AND additionaleventdata_mfaused = 'No'
  -- Federated users show their MFA to their identity provider, not to AWS.
  AND useridentity_type IN ('IAMUser', 'Root')
ORDER BY eventtimestamp, eventid
