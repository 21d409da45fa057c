-- Who changed buckets: policies, access lists, encryption, lifecycle, versioning, deletion?
SELECT eventtimestamp,
       account,
       awsregion,
       eventname,
       requestparameters_bucketname AS bucket,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       sourceipaddress,
       errorcode,
       requestparameters
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventcategory = 'Management'
  AND readonly = 'false'
ORDER BY eventtimestamp, eventid
