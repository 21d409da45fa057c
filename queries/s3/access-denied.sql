-- Who is denied access to which buckets?
SELECT requestparameters_bucketname AS bucket,
       coalesce(useridentity_arn, useridentity_invokedby, useridentity_accountid) AS identity,
       eventname,
       count(*) AS denied,
       count(DISTINCT requestparameters_key) AS objects,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND errorcode LIKE '%AccessDenied%'
GROUP BY 1, 2, 3
ORDER BY denied DESC, 1, 2, 3
