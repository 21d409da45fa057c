-- What changed in the organization: accounts, policies, units?
SELECT eventtimestamp,
       account,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       errorcode,
       requestparameters,
       serviceeventdetails
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 'organizations.amazonaws.com'
  AND readonly = 'false'
ORDER BY eventtimestamp, eventid
