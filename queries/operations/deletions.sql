-- What was deleted or terminated, when and by whom?
SELECT eventtimestamp,
       account,
       awsregion,
       eventsource,
       eventname,
       coalesce(useridentity_arn, useridentity_invokedby, useridentity_principalid) AS identity,
       sourceipaddress,
       requestparameters
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventcategory = 'Management'
  AND (eventname LIKE 'Delete%' OR eventname LIKE 'Terminate%')
  AND errorcode IS NULL
ORDER BY eventtimestamp, eventid
