-- Which calls were made with this access key, one by one?
-- access_key: AKIAIOSFODNN7EXAMPLE
SELECT eventtimestamp,
       account,
       awsregion,
       eventsource,
       eventname,
       useridentity_arn,
       sourceipaddress,
       useragent,
       errorcode,
       requestparameters,
       eventid
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_accesskeyid = 'AKIAIOSFODNN7EXAMPLE'
ORDER BY eventtimestamp, eventid
