-- What was done with an access key?
-- access_key: AKIAIOSFODNN7EXAMPLE
SELECT eventtime, account, region, eventsource, eventname, errorcode, sourceipaddress, useragent
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND useridentity_accesskeyid = 'AKIAIOSFODNN7EXAMPLE'
ORDER BY eventtimestamp, eventid
