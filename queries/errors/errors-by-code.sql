-- Which errors occur most, in which service?
SELECT eventsource,
       errorcode,
       count(*) AS errors,
       count(DISTINCT eventname) AS actions,
       count(DISTINCT useridentity_arn) AS identities,
       min(eventtimestamp) AS first_seen,
       max(eventtimestamp) AS last_seen
FROM cloudtrail
WHERE date >= date_format(current_date - INTERVAL '7' DAY, '%Y-%m-%d')
  AND errorcode IS NOT NULL
GROUP BY 1, 2
ORDER BY errors DESC, eventsource, errorcode
