-- Who changed what: successful management calls that are not read-only, by identity and action?
SELECT coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                useridentity_invokedby, useridentity_principalid) AS identity,
       eventsource,
       eventname,
       count(*) AS calls,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND eventcategory = 'Management'
  AND readonly = 'false'
  AND errorcode IS NULL
GROUP BY 1, 2, 3
ORDER BY identity, calls DESC, eventsource, eventname
