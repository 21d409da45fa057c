-- Which users, roles and services make the most calls?
SELECT coalesce(useridentity_sessioncontext_sessionissuer_arn, useridentity_arn,
                useridentity_invokedby, useridentity_principalid) AS identity,
       useridentity_type,
       count(*) AS calls,
       count_if(readonly = 'false') AS changes,
       count(errorcode) AS errors,
       count(DISTINCT eventsource) AS services,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY 1, 2
ORDER BY calls DESC, identity, useridentity_type
LIMIT 50
