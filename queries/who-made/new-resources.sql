-- Who created what: instances, databases, buckets, queues, clusters, users, roles?
SELECT coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                useridentity_invokedby) AS identity,
       account,
       awsregion,
       eventsource,
       eventname,
       count(*) AS calls,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventcategory = 'Management'
  AND (eventname LIKE 'Create%' OR eventname LIKE 'Run%' OR eventname LIKE 'Allocate%')
  AND readonly = 'false'
  AND errorcode IS NULL
GROUP BY 1, 2, 3, 4, 5
ORDER BY calls DESC, 1, 2, 3, 4, 5
