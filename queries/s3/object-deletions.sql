-- Who deletes objects from which buckets?
SELECT requestparameters_bucketname AS bucket,
       coalesce(useridentity_arn, useridentity_invokedby) AS identity,
       eventname,
       count(*) AS deletions,
       count(errorcode) AS failed,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventsource = 's3.amazonaws.com'
  AND eventname IN ('DeleteObject', 'DeleteObjects')
GROUP BY 1, 2, 3
ORDER BY deletions DESC, 1, 2, 3
