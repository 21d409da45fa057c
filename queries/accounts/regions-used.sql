-- Which regions does each account use, for what, and since when?
SELECT account,
       awsregion,
       count(*) AS events,
       count_if(readonly = 'false') AS changes,
       count(DISTINCT eventsource) AS services,
       count(DISTINCT useridentity_arn) AS identities,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
GROUP BY 1, 2
ORDER BY 1, events DESC, 2
