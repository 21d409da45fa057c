-- What did root users do themselves?
SELECT eventtimestamp,
       account,
       awsregion,
       eventsource,
       eventname,
       sourceipaddress,
       useridentity_sessioncontext_attributes_mfaauthenticated AS mfa,
       errorcode,
       useragent
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_type = 'Root'
  -- Calls that a service makes for the root user, and events of services, are not the root's own.
  AND useridentity_invokedby IS NULL
  AND eventtype <> 'AwsServiceEvent'
ORDER BY eventtimestamp, eventid
