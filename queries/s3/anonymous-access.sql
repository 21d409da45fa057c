-- Which objects are read or written without credentials, and from where?
SELECT requestparameters_bucketname AS bucket,
       eventname,
       sourceipaddress,
       count(*) AS calls,
       count(DISTINCT requestparameters_key) AS objects,
       count(errorcode) AS failed,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND useridentity_accountid = 'anonymous'
GROUP BY 1, 2, 3
ORDER BY calls DESC, 1, 2, 3
